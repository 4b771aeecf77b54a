using System.Buffers.Binary;
using TcpCopy.Contracts.Serialization;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Messages;

/// <summary>One flow that begins or ends.</summary>
/// <param name="Id">The sender's name for the replica.</param>
/// <param name="Begins">True: take this flow's replies from now on. False: forget it.</param>
/// <param name="Replica">The connection as the target sees it.</param>
public readonly record struct FlowEntry(FlowId Id, bool Begins, FlowKey Replica);

/// <summary>Gathers flow entries into batches. Used from one thread; allocates the taken batches alone.</summary>
public sealed class FlowBatchWriter
{
    private readonly BatchBuffer _buffer = new(FlowEntryLayout.Size);

    public bool IsEmpty => _buffer.IsEmpty;

    /// <summary>True: <see cref="Take"/> before the next entry.</summary>
    public bool IsFull => _buffer.IsFull;

    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public void Begin(FlowId id, in FlowKey replica) => FlowEntryLayout.Write(_buffer.Append(FlowEntryLayout.Size), id, begins: true, replica);

    /// <exception cref="InvalidOperationException">The batch is full.</exception>
    public void End(FlowId id, in FlowKey replica) => FlowEntryLayout.Write(_buffer.Append(FlowEntryLayout.Size), id, begins: false, replica);

    /// <summary>Hands out what was gathered, in order, and starts anew.</summary>
    public FlowBatch Take()
    {
        var batch = new FlowBatch(BatchFrame.EntriesOf(BatchFrame.Write(_buffer.Filled)));
        _buffer.Clear();
        return batch;
    }
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

    private const byte Ends = 0;
    private const byte Begins = 1;

    private const int Id = 0;
    private const int Event = 8;
    private const int ClientPort = 9;
    private const int ServerPort = 11;
    private const int ClientAddress = 13;
    private const int ServerAddress = 29;

    public static void Write(Span<byte> entry, FlowId id, bool begins, in FlowKey replica)
    {
        BinaryPrimitives.WriteInt64BigEndian(entry[Id..], id.Value);
        entry[Event] = begins ? Begins : Ends;
        BinaryPrimitives.WriteUInt16BigEndian(entry[ClientPort..], replica.Client.Port);
        BinaryPrimitives.WriteUInt16BigEndian(entry[ServerPort..], replica.Server.Port);
        replica.Client.Address.WriteAs16(entry[ClientAddress..]);
        replica.Server.Address.WriteAs16(entry[ServerAddress..]);
    }

    public static FlowEntry Read(ReadOnlySpan<byte> entry) => new(
        new FlowId(BinaryPrimitives.ReadInt64BigEndian(entry[Id..])),
        entry[Event] == Begins,
        new FlowKey(
            new Endpoint(HostAddress.FromBytes(entry.Slice(ClientAddress, 16)), BinaryPrimitives.ReadUInt16BigEndian(entry[ClientPort..])),
            new Endpoint(HostAddress.FromBytes(entry.Slice(ServerAddress, 16)), BinaryPrimitives.ReadUInt16BigEndian(entry[ServerPort..]))));

    /// <summary>Looks at the entry from outside that begins there.</summary>
    public static string? Check(ReadOnlySpan<byte> left, out int size)
    {
        size = Size;
        if (left.Length < Size)
            return $"it needs {Size} bytes, {left.Length} are left";
        return left[Event] is Begins or Ends ? null : $"event {left[Event]} is neither {Ends} (ends) nor {Begins} (begins)";
    }
}
