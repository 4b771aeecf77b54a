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

    private readonly Dictionary<FlowKey, Refusal> _flows = [];

    /// <summary>Captured TCP that belongs to no transfer, or to no session and begins none.</summary>
    public long Unmatched { get; private set; }

    /// <summary>Whether a client's segment without a session begins one: a SYN does, and data of a connection that was open before the copier.</summary>
    public static bool IsBeginning(TcpFlags flags, int payloadLength) =>
        // A lone FIN or RST is the end of something old.
        flags.Begins() || (payloadLength > 0 && !flags.Has(TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Rst));

    /// <summary>Books a connection that gets no session once, however much it sends.</summary>
    /// <param name="flow">The client's connection.</param>
    /// <param name="flags">Of the segment that would have begun a session.</param>
    /// <param name="sequence">Of the same: a SYN that is sent again, or that two devices show, begins no other connection.</param>
    /// <param name="outcome">Why it gets none.</param>
    /// <param name="now">The loop's.</param>
    public void Refuse(in FlowKey flow, TcpFlags flags, SeqNumber sequence, SessionOutcome outcome, Instant now)
    {
        var begins = flags.Has(TcpFlags.Syn);
        if (_flows.TryGetValue(flow, out var before) && (!begins || before.Began == sequence))
        {
            Unmatched++;
            return;
        }
        Keep(flow, begins ? new Refusal(sequence, now + Rest) : default);
        accounts.Begin();
        accounts.End(outcome, default);
    }

    /// <summary>A connection whose session has ended before it did, and is booked: what it still sends is not to count again.</summary>
    public void Remember(in FlowKey flow)
    {
        if (!_flows.ContainsKey(flow))
            Keep(flow, default);
    }

    /// <summary>Whether a connection that goes on was refused at its beginning, and so lately that it is left alone.</summary>
    public bool IsLeftAlone(in FlowKey flow, Instant now) => _flows.TryGetValue(flow, out var refusal) && now < refusal.AloneUntil;

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

    private void Keep(in FlowKey flow, in Refusal refusal)
    {
        if (_flows.Count >= Limit && !_flows.ContainsKey(flow))
            _flows.Clear();
        _flows[flow] = refusal;
    }

    /// <param name="Began">Sequence number of its SYN; null: it was seen when it went on already.</param>
    /// <param name="AloneUntil">Up to then it is not joined.</param>
    private readonly record struct Refusal(SeqNumber? Began, Instant AloneUntil);
}
