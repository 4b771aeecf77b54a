using System.Buffers.Binary;
using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Traffic;

/// <summary>
/// Picks a share of the clients' connections, whole ones, by a hash of the client's address and port: every copier picks the same, today and tomorrow,
/// and what a smaller share picks a larger one picks too.
/// </summary>
public sealed class SessionSampler
{
    public static readonly SessionSampler All = new(1);

    /// <summary>Odd constants of SplitMix64 (Steele, Lea and Flood, 2014), by which close keys come out far apart.</summary>
    private const ulong FirstMultiplier = 0xBF58_476D_1CE4_E5B9;

    private const ulong SecondMultiplier = 0x94D0_49BB_1331_11EB;

    private readonly uint _limit;

    /// <param name="share">0 picks none, 1 picks all.</param>
    public SessionSampler(double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        Share = share;
        _limit = (uint)Math.Min(share * (1L << 32), uint.MaxValue);
    }

    public double Share { get; }

    /// <param name="client">The client's end of the connection.</param>
    public bool Takes(in Endpoint client) => Share == 1 || Hash(client) < _limit;

    private static uint Hash(in Endpoint client)
    {
        Span<byte> address = stackalloc byte[16];
        client.Address.WriteAs16(address);
        var high = Mix(BinaryPrimitives.ReadUInt64BigEndian(address));
        var low = Mix(high ^ BinaryPrimitives.ReadUInt64BigEndian(address[8..]));
        return (uint)(Mix(low ^ client.Port) >> 32);
    }

    private static ulong Mix(ulong key)
    {
        key = (key ^ (key >> 30)) * FirstMultiplier;
        key = (key ^ (key >> 27)) * SecondMultiplier;
        return key ^ (key >> 31);
    }
}
