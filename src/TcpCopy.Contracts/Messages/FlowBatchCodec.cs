using System.Buffers.Binary;
using TcpCopy.Contracts.Serialization;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Messages;

/// <summary>What an interceptor is told of a flow.</summary>
public enum FlowEvent : byte
{
    /// <summary>Forget it.</summary>
    Ends,

    /// <summary>Take its replies from now on.</summary>
    Begins,

    /// <summary>Its replica falls behind its client: every wait for a reply makes that worse.</summary>
    Trails,
}

/// <summary>What has happened to one flow.</summary>
/// <param name="Id">The sender's name for the replica.</param>
/// <param name="Event">What has happened.</param>
/// <param name="Replica">The connection as the target sees it.</param>
public readonly record struct FlowEntry(FlowId Id, FlowEvent Event, FlowKey Replica);

/// <summary>Gathers flow entries into batches. Used from one thread; allocates the taken batches alone.</summary>
public sealed class FlowBatchWriter
{
    private readonly BatchBuffer _buffer = new(FlowEntryLayout.Size);

    public bool IsEmpty => _buffer.IsEmpty;

    /// <summary>True: <see cref="Take"/> before the next entry.</summary>
    public bool IsFull => _buffer.IsFull;

    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public void Begin(FlowId id, in FlowKey replica) => Add(new FlowEntry(id, FlowEvent.Begins, replica));

    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public void End(FlowId id, in FlowKey replica) => Add(new FlowEntry(id, FlowEvent.Ends, replica));

    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public void Trail(FlowId id, in FlowKey replica) => Add(new FlowEntry(id, FlowEvent.Trails, replica));

    /// <summary>Hands out what was gathered, in order, and starts anew.</summary>
    public FlowBatch Take()
    {
        var batch = new FlowBatch(BatchFrame.EntriesOf(BatchFrame.Write(_buffer.Filled)));
        _buffer.Clear();
        return batch;
    }

    private void Add(in FlowEntry entry) => FlowEntryLayout.Write(_buffer.Append(FlowEntryLayout.Size), entry);
}

/// <summary>Walks the entries of a <see cref="FlowBatch"/>.</summary>
public ref struct FlowBatchReader(ReadOnlySpan<byte> entries)
{
    private ReadOnlySpan<byte> _left = entries;

    /// <summary>False at the end. Bytes that make no whole entry are not read; the serializer refuses such batches.</summary>
    public bool TryRead(out FlowEntry entry)
    {
        entry = default;
        if (_left.Length < FlowEntryLayout.Size)
            return false;
        entry = FlowEntryLayout.Read(_left);
        _left = _left[FlowEntryLayout.Size..];
        return true;
    }
}

/// <summary>The bytes of a flow entry, in network order: id, what happened, client and server end with addresses of 16 bytes.</summary>
internal static class FlowEntryLayout
{
    public const int Size = ServerAddress + 16;

    private const int Id = 0;
    private const int Event = 8;
    private const int ClientPort = 9;
    private const int ServerPort = 11;
    private const int ClientAddress = 13;
    private const int ServerAddress = 29;

    public static void Write(Span<byte> bytes, in FlowEntry entry)
    {
        BinaryPrimitives.WriteInt64BigEndian(bytes[Id..], entry.Id.Value);
        bytes[Event] = (byte)entry.Event;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[ClientPort..], entry.Replica.Client.Port);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[ServerPort..], entry.Replica.Server.Port);
        entry.Replica.Client.Address.WriteAs16(bytes[ClientAddress..]);
        entry.Replica.Server.Address.WriteAs16(bytes[ServerAddress..]);
    }

    public static FlowEntry Read(ReadOnlySpan<byte> entry) => new(
        new FlowId(BinaryPrimitives.ReadInt64BigEndian(entry[Id..])),
        (FlowEvent)entry[Event],
        new FlowKey(
            new Endpoint(HostAddress.FromBytes(entry.Slice(ClientAddress, 16)), BinaryPrimitives.ReadUInt16BigEndian(entry[ClientPort..])),
            new Endpoint(HostAddress.FromBytes(entry.Slice(ServerAddress, 16)), BinaryPrimitives.ReadUInt16BigEndian(entry[ServerPort..]))));

    /// <summary>Looks at the entry from outside that begins there.</summary>
    public static string? Check(ReadOnlySpan<byte> left, out int size)
    {
        size = Size;
        if (left.Length < Size)
            return $"it needs {Size} bytes, {left.Length} are left";
        return left[Event] <= (byte)FlowEvent.Trails ? null : $"event {left[Event]} is none of 0 (ends), 1 (begins) and 2 (trails)";
    }
}
