using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace TcpCopy.Packets.Codec;

/// <summary>
/// The Internet checksum (RFC 1071). The one's complement sum does not depend on how bytes are grouped (section 2, B and C), so it is
/// taken 32 bytes at a time in the machine's own order and folded at the end.
/// </summary>
internal static class InternetChecksum
{
    /// <summary>Sum of the bytes as 16-bit words, not folded. All but the last of several added parts must have an even length.</summary>
    public static ulong Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0UL;
        if (Vector256.IsHardwareAccelerated && bytes.Length >= 2 * Vector256<byte>.Count)
            sum = SumVectors(ref bytes);
        while (bytes.Length >= sizeof(uint))
        {
            sum += MemoryMarshal.Read<uint>(bytes);
            bytes = bytes[sizeof(uint)..];
        }
        if (bytes.Length >= sizeof(ushort))
        {
            sum += MemoryMarshal.Read<ushort>(bytes);
            bytes = bytes[sizeof(ushort)..];
        }
        if (!bytes.IsEmpty)
            sum += InNetworkOrder((ushort)(bytes[0] << 8));
        return sum;
    }

    /// <summary>What a 16-bit field of this value adds to a sum.</summary>
    public static ulong InNetworkOrder(ushort value) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(value) : value;

    /// <summary>The checksum field for a sum, to be stored in the machine's own order.</summary>
    public static ushort Finish(ulong sum)
    {
        sum = (sum & 0xFFFF_FFFF) + (sum >> 32);
        sum = (sum & 0xFFFF) + ((sum >> 16) & 0xFFFF) + (sum >> 32);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }

    /// <summary>
    /// Adds 32-bit words in 64-bit lanes, which cannot overflow below 16 GB. Takes what it has read off the front of
    /// <paramref name="bytes"/>.
    /// </summary>
    private static ulong SumVectors(ref ReadOnlySpan<byte> bytes)
    {
        var low = Vector256.Create(0xFFFF_FFFFUL);
        var even = Vector256<ulong>.Zero;
        var odd = Vector256<ulong>.Zero;
        var vectors = MemoryMarshal.Cast<byte, Vector256<ulong>>(bytes);
        foreach (var vector in vectors)
        {
            even += vector & low;
            odd += Vector256.ShiftRightLogical(vector, 32);
        }
        bytes = bytes[(vectors.Length * Vector256<byte>.Count)..];
        return Vector256.Sum(even) + Vector256.Sum(odd);
    }
}
