using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>How far the client's stream has gone out, in its own sequence numbers.</summary>
/// <param name="Acknowledged">First position that the target has not acknowledged (SND.UNA).</param>
/// <param name="Next">Where sending goes on; behind <paramref name="Highest"/> after a time-out (SND.NXT).</param>
/// <param name="Highest">Behind everything ever sent (SND.MAX).</param>
internal readonly record struct Flight(SeqNumber Acknowledged, SeqNumber Next, SeqNumber Highest)
{
    /// <summary>Sent and not acknowledged.</summary>
    public int Outstanding => Highest - Acknowledged;
}
