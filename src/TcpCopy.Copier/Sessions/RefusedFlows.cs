using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Sessions;

/// <summary>
/// Connections that are not copied: sampled out, open before, of no interceptor, or shed. Remembered so that each counts as one session, however
/// many segments it still sends. Bounded: when full it forgets, and a forgotten one that goes on counts again.
/// </summary>
/// <param name="accounts">Where each is booked.</param>
internal sealed class RefusedFlows(SessionAccounts accounts)
{
    private const int Limit = 65_536;

    /// <summary>
    /// Behind a refused SYN comes the connection's first request, which a session that joins there cannot know to be one. Short connections have no other:
    /// they would count twice, and be lost twice.
    /// </summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    /// <summary>Each with the moment up to which it is not joined.</summary>
    private readonly Dictionary<FlowKey, Instant> _flows = [];

    /// <summary>Captured TCP that belongs to no transfer, or to no session and begins none.</summary>
    public long Unmatched { get; private set; }

    /// <summary>Whether a client's segment without a session begins one: a SYN does, and data of a connection that was open before the copier.</summary>
    public static bool IsBeginning(TcpFlags flags, int payloadLength) =>
        // A lone FIN or RST is the end of something old.
        flags.Has(TcpFlags.Syn) || (payloadLength > 0 && !flags.Has(TcpFlags.Fin | TcpFlags.Rst));

    /// <summary>Books a connection that gets no session once, however much it sends; each SYN is another one.</summary>
    /// <param name="flow">The client's connection.</param>
    /// <param name="flags">Of the segment that would have begun a session.</param>
    /// <param name="outcome">Why it gets none.</param>
    /// <param name="now">The loop's.</param>
    public void Refuse(in FlowKey flow, TcpFlags flags, SessionOutcome outcome, Instant now)
    {
        var begins = flags.Has(TcpFlags.Syn);
        if (Remember(flow) || begins)
        {
            if (begins)
                _flows[flow] = now + Rest;
            accounts.Begin();
            accounts.End(outcome, default);
        }
        else
        {
            Unmatched++;
        }
    }

    /// <summary>A connection whose session has ended before it did, and is booked: what it still sends is not to count again.</summary>
    /// <returns>True when it was not known yet.</returns>
    public bool Remember(in FlowKey flow)
    {
        if (_flows.Count >= Limit && !_flows.ContainsKey(flow))
            _flows.Clear();
        return _flows.TryAdd(flow, default);
    }

    /// <summary>Whether a connection that goes on was refused at its beginning, and so lately that it is left alone.</summary>
    public bool IsLeftAlone(in FlowKey flow, Instant now) => _flows.TryGetValue(flow, out var until) && now < until;

    /// <summary>The connection is copied after all.</summary>
    public void Forget(in FlowKey flow) => _flows.Remove(flow);

    /// <summary>What tells of no connection that could be copied.</summary>
    public void PassOver(in FlowKey flow, TcpFlags flags)
    {
        if (flags.Has(TcpFlags.Fin | TcpFlags.Rst))
            _flows.Remove(flow);
        else
            Unmatched++;
    }

    public void CountUnmatched() => Unmatched++;
}
