using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Traffic;

/// <summary>
/// Picks a share of the clients' connections, whole ones, by a hash of the client's address and port: every copier picks the same, today and tomorrow,
/// and what a smaller share picks a larger one picks too.
/// </summary>
public sealed class SessionSampler
{
    public static readonly SessionSampler All = new(1);

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
    public bool Takes(in Endpoint client) => Share == 1 || (uint)(ClientHash.Of(client) >> 32) < _limit;
}
