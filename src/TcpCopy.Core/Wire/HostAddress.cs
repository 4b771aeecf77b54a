using System.Buffers.Binary;
using System.Net;

namespace TcpCopy.Core.Wire;

/// <summary>An IPv4 or IPv6 address as a value of 16 bytes and a family. IPv4 is kept in its mapped form (RFC 4291 section 2.5.5.2).</summary>
public readonly struct HostAddress : IEquatable<HostAddress>, IComparable<HostAddress>
{
    private const ulong MappedPrefix = 0x0000_FFFF_0000_0000;

    private readonly ulong _high;
    private readonly ulong _low;

    private HostAddress(ulong high, ulong low) => (_high, _low) = (high, low);

    public bool IsV4 => _high == 0 && (_low & 0xFFFF_FFFF_0000_0000) == MappedPrefix;

    /// <summary>4 for IPv4, 16 for IPv6: how many bytes <see cref="WriteTo"/> writes.</summary>
    public int ByteLength => IsV4 ? 4 : 16;

    /// <summary>127.0.0.0/8 or ::1.</summary>
    public bool IsLoopback => IsV4 ? (uint)_low >> 24 == 127 : _high == 0 && _low == 1;

    /// <summary>0.0.0.0 or ::, which name no host; so does the default value.</summary>
    public bool IsAny => _high == 0 && (_low == 0 || _low == MappedPrefix);

    public static HostAddress FromV4(uint bigEndianValue) => new(0, MappedPrefix | bigEndianValue);

    /// <summary>Reads 4 (IPv4) or 16 (IPv6) bytes in network order.</summary>
    /// <exception cref="ArgumentException">Any other length.</exception>
    public static HostAddress FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        4 => FromV4(BinaryPrimitives.ReadUInt32BigEndian(bytes)),
        16 => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..])),
        _ => throw new ArgumentException($"an address has 4 or 16 bytes, not {bytes.Length}", nameof(bytes)),
    };

    /// <summary>Reads dotted IPv4 of four parts ("10.0.0.1") or IPv6 ("fe80::1", no zone). Names are not resolved.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out HostAddress address)
    {
        address = default;
        var isV6 = text.Contains(':');
        // IPAddress takes "10.1" and "1" for IPv4 too, which in a setting is a slip and not an address.
        if ((!isV6 && text.Count('.') != 3) || text.Contains('%') || text.Contains('[') || !IPAddress.TryParse(text, out var parsed))
            return false;
        Span<byte> bytes = stackalloc byte[16];
        if (!parsed.TryWriteBytes(bytes, out var written))
            return false;
        address = FromBytes(bytes[..written]);
        return true;
    }

    /// <exception cref="FormatException">The text is not an address.</exception>
    public static HostAddress Parse(string text) =>
        TryParse(text, out var address) ? address : throw new FormatException($"'{text}' is not an IPv4 or IPv6 address");

    /// <summary>Writes <see cref="ByteLength"/> bytes in network order.</summary>
    public void WriteTo(Span<byte> destination)
    {
        if (IsV4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_low);
            return;
        }
        WriteAs16(destination);
    }

    /// <summary>Writes 16 bytes in network order, IPv4 in its mapped form; <see cref="FromBytes"/> of them gives the address back.</summary>
    public void WriteAs16(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
    }

    public bool Equals(HostAddress other) => _high == other._high && _low == other._low;

    public override bool Equals(object? obj) => obj is HostAddress other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_high, _low);

    public int CompareTo(HostAddress other) =>
        _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    /// <summary>"10.0.0.1" or "fe80::1".</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        WriteTo(bytes);
        return new IPAddress(bytes[..ByteLength]).ToString();
    }

    public static bool operator ==(HostAddress left, HostAddress right) => left.Equals(right);

    public static bool operator !=(HostAddress left, HostAddress right) => !left.Equals(right);

    public static bool operator <(HostAddress left, HostAddress right) => left.CompareTo(right) < 0;

    public static bool operator >(HostAddress left, HostAddress right) => left.CompareTo(right) > 0;

    public static bool operator <=(HostAddress left, HostAddress right) => left.CompareTo(right) <= 0;

    public static bool operator >=(HostAddress left, HostAddress right) => left.CompareTo(right) >= 0;
}
