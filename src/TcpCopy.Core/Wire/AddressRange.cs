using System.Buffers.Binary;
using System.Globalization;

namespace TcpCopy.Core.Wire;

/// <summary>Addresses of one family that share their first bits, as "10.1.0.0/16"; one address alone is a range, too.</summary>
public readonly record struct AddressRange
{
    private const int BitsV4 = 32;
    private const int BitsV6 = 128;

    /// <summary>So many addresses of a wide IPv6 range are used: nobody needs more, and they can be counted.</summary>
    private const ulong MostHosts = 1UL << 32;

    private AddressRange(HostAddress first, int prefixLength) => (First, PrefixLength) = (first, prefixLength);

    public HostAddress First { get; }

    /// <summary>Bits that all of them share: 0 to 32, for IPv6 to 128.</summary>
    public int PrefixLength { get; }

    /// <summary>How many addresses a host may have: without those of an IPv4 network and its broadcast, and the routers' of an IPv6 one.</summary>
    public ulong HostCount => HasReserved ? Size - (First.IsV4 ? 2UL : 1UL) : Size;

    private int Bits => First.IsV4 ? BitsV4 : BitsV6;

    /// <summary>RFC 3021: a network of two has none; RFC 6164 for IPv6.</summary>
    private bool HasReserved => Bits - PrefixLength > 1;

    private ulong Size => Bits - PrefixLength >= 32 ? MostHosts : 1UL << (Bits - PrefixLength);

    public static AddressRange Of(HostAddress address) => new(address, address.IsV4 ? BitsV4 : BitsV6);

    /// <summary>Reads "10.0.0.9", "10.1.0.0/16", "fd00::/64".</summary>
    /// <param name="text">Nothing but the range.</param>
    /// <param name="range">What was read.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Parse(string text, out AddressRange range)
    {
        range = default;
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!HostAddress.TryParse(slash < 0 ? text : text[..slash], out var first))
            return $"'{text}' is neither an address nor a range of them: write 10.0.0.9, 10.1.0.0/16 or fd00::/64";
        var bits = first.IsV4 ? BitsV4 : BitsV6;
        var length = bits;
        if (slash >= 0 && (!int.TryParse(text[(slash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out length) || length > bits))
            return $"'{text}': the number of shared bits behind the '/' is 0 to {bits}";
        if (TryMake(first, length, out range))
            return null;
        range = new AddressRange(AddressOf(NumberOf(first) & ~HostMask(bits - length)), length);
        return $"'{text}' begins within its range: write {range}";
    }

    /// <returns>False when there is no such range: too many shared bits, or one that begins elsewhere.</returns>
    public static bool TryMake(HostAddress first, int prefixLength, out AddressRange range)
    {
        var bits = first.IsV4 ? BitsV4 : BitsV6;
        range = default;
        if (prefixLength < 0 || prefixLength > bits || (NumberOf(first) & HostMask(bits - prefixLength)) != 0)
            return false;
        range = new AddressRange(first, prefixLength);
        return true;
    }

    public bool Contains(HostAddress address) =>
        address.IsV4 == First.IsV4 && ((NumberOf(address) ^ NumberOf(First)) & ~HostMask(Bits - PrefixLength)) == 0;

    /// <param name="index">0 to <see cref="HostCount"/> - 1.</param>
    public HostAddress HostAt(ulong index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, HostCount);
        return AddressOf(NumberOf(First) + index + (HasReserved ? 1UL : 0UL));
    }

    /// <summary>"10.1.0.0/16", or "10.0.0.9" of one alone.</summary>
    public override string ToString() =>
        PrefixLength == Bits ? First.ToString() : string.Create(CultureInfo.InvariantCulture, $"{First}/{PrefixLength}");

    private static UInt128 HostMask(int hostBits) => hostBits == BitsV6 ? UInt128.MaxValue : (UInt128.One << hostBits) - 1;

    private static UInt128 NumberOf(HostAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.WriteAs16(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static HostAddress AddressOf(UInt128 number)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, number);
        return HostAddress.FromBytes(bytes);
    }
}
