using System.Buffers.Binary;
using System.Runtime.Serialization;
using System.Text;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Serialization;

/// <summary>Reads one item of a list.</summary>
internal delegate T ItemReader<out T>(ref FrameReader reader);

/// <summary>Reads what <see cref="FrameWriter"/> wrote. Nothing about the bytes is believed: each length is checked before it is used.</summary>
/// <param name="frame">The bytes of one message.</param>
/// <param name="message">The message's name, for what an error says.</param>
internal ref struct FrameReader(ReadOnlySpan<byte> frame, string message)
{
    /// <summary>Throws at bytes that are not UTF-8, where the default would put question marks.</summary>
    public static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _message = message;
    private ReadOnlySpan<byte> _left = frame;

    public byte Byte(string field) => Next(1, field)[0];

    public ushort UInt16(string field) => BinaryPrimitives.ReadUInt16BigEndian(Next(2, field));

    public int Int32(string field) => BinaryPrimitives.ReadInt32BigEndian(Next(4, field));

    public long Int64(string field) => BinaryPrimitives.ReadInt64BigEndian(Next(8, field));

    public ReadOnlySpan<byte> Bytes(int length, string field) => Next(length, field);

    /// <summary>What is left, for another reader.</summary>
    public readonly ReadOnlySpan<byte> Rest() => _left;

    public HostAddress Address(string field) => HostAddress.FromBytes(Next(16, field));

    public Endpoint Endpoint(string field) => new(Address(field), UInt16(field));

    public string Text(string field)
    {
        var bytes = Next(UInt16(field), field);
        try
        {
            return Utf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw Malformed($"{field} is not UTF-8", e);
        }
    }

    /// <summary>
    /// Reads items of at least <paramref name="itemSize"/> bytes each: a count that the frame cannot hold is refused before room is made.
    /// </summary>
    public T[] List<T>(string field, int itemSize, ItemReader<T> read)
    {
        var count = UInt16(field);
        if (count * itemSize > _left.Length)
            throw Malformed($"{field} claims {count} items, {_left.Length} bytes are left");
        var items = new T[count];
        for (var i = 0; i < count; i++)
            items[i] = read(ref this);
        return items;
    }

    /// <summary>Checks that nothing follows the last field.</summary>
    public readonly void End()
    {
        if (_left.Length > 0)
            throw Malformed($"{_left.Length} bytes follow its last field");
    }

    public readonly SerializationException Malformed(string what, Exception? inner = null) =>
        new($"malformed {_message} message: {what}", inner);

    private ReadOnlySpan<byte> Next(int length, string field)
    {
        if (length > _left.Length)
            throw Malformed($"{field} needs {length} bytes, {_left.Length} are left");
        var next = _left[..length];
        _left = _left[length..];
        return next;
    }
}
