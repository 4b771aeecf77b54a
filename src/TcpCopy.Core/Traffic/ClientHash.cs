using System.Buffers.Binary;
using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Traffic;

/// <summary>A hash of a client's end that is the same on every host and in every run; different seeds give independent ones.</summary>
internal static class ClientHash
{
    /// <summary>Odd constants of SplitMix64 (Steele, Lea and Flood, 2014), by which close keys come out far apart.</summary>
    private const ulong FirstMultiplier = 0xBF58_476D_1CE4_E5B9;

    private const ulong SecondMultiplier = 0x94D0_49BB_1331_11EB;

    public static ulong Of(in Endpoint client, ulong seed = 0)
    {
        Span<byte> address = stackalloc byte[16];
        client.Address.WriteAs16(address);
        var high = Mix(seed ^ BinaryPrimitives.ReadUInt64BigEndian(address));
        var low = Mix(high ^ BinaryPrimitives.ReadUInt64BigEndian(address[8..]));
        return Mix(low ^ client.Port);
    }

    public static ulong Mix(ulong key)
    {
        key = (key ^ (key >> 30)) * FirstMultiplier;
        key = (key ^ (key >> 27)) * SecondMultiplier;
        return key ^ (key >> 31);
    }
}
