using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.Serialization;
using System.Text;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Serialization;

/// <summary>Writes the fields of a message in network order; lists and texts carry their length in two bytes.</summary>
internal sealed class FrameWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();

    public FrameWriter Byte(byte value)
    {
        _bytes.Write([value]);
        return this;
    }

    public FrameWriter UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.GetSpan(2), value);
        _bytes.Advance(2);
        return this;
    }

    public FrameWriter Int32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
        return this;
    }

    public FrameWriter Int64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
        return this;
    }

    public FrameWriter Address(HostAddress value)
    {
        value.WriteAs16(_bytes.GetSpan(16));
        _bytes.Advance(16);
        return this;
    }

    public FrameWriter Endpoint(Endpoint value) => Address(value.Address).UInt16(value.Port);

    public FrameWriter Bytes(ReadOnlySpan<byte> value)
    {
        _bytes.Write(value);
        return this;
    }

    /// <exception cref="SerializationException">Longer than 65535 bytes, or not valid Unicode.</exception>
    public FrameWriter Text(string value)
    {
        try
        {
            var bytes = FrameReader.Utf8.GetBytes(value);
            return Length(bytes.Length, "a text").Bytes(bytes);
        }
        catch (EncoderFallbackException e)
        {
            throw new SerializationException($"a text is not valid Unicode: {e.Message}", e);
        }
    }

    /// <exception cref="SerializationException">More than 65535 items.</exception>
    public FrameWriter List<T>(IReadOnlyList<T> items, Func<FrameWriter, T, FrameWriter> write)
    {
        Length(items.Count, "a list");
        foreach (var item in items)
            write(this, item);
        return this;
    }

    private FrameWriter Length(int length, string of) => length <= ushort.MaxValue
        ? UInt16((ushort)length)
        : throw new SerializationException($"{of} of length {length} does not fit; at most {ushort.MaxValue} do");
}
