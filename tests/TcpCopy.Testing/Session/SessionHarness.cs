using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Session;

/// <summary>
/// One session between a scripted client, online host and target, in virtual time. Sequence numbers in scripts and expectations are relative:
/// 0 is the SYN, 1 the first byte.
/// </summary>
public sealed class SessionHarness
{
    private readonly SessionOutput _output = new();
    private readonly List<SentSegment> _sent = [];
    private readonly Queue<SentSegment> _unexpected = new();

    public SessionHarness(SessionSettings? settings = null, uint clientStart = 0xFFFF_FF00, uint targetStart = 0xFFFF_FFF0)
    {
        ClientStart = new SeqNumber(clientStart);
        TargetStart = new SeqNumber(targetStart);
        Session = new ReplaySession(settings ?? new SessionSettings(), timestampOffset: 0xFFFF_FFF0);
        Client = new ScriptedClient(this);
        Online = new ScriptedOnline(this);
        Target = new ScriptedTarget(this);
    }

    public ReplaySession Session { get; }

    public SegmentLeases Leases { get; } = new();

    public ScriptedClient Client { get; }

    public ScriptedOnline Online { get; }

    public ScriptedTarget Target { get; }

    /// <summary>Near the wrap of sequence numbers by default, so that every scenario crosses it.</summary>
    public SeqNumber ClientStart { get; }

    public SeqNumber TargetStart { get; }

    public Instant Now { get; private set; } = new(TimeSpan.FromHours(1).Ticks);

    /// <summary>The capture's wall clock: another origin than <see cref="Now"/>.</summary>
    public Instant CaptureClock => Now + TimeSpan.FromDays(20_000);

    /// <summary>Everything sent so far.</summary>
    public IReadOnlyList<SentSegment> Sent => _sent;

    /// <summary>Wall of the target: what it would have as the client's stream, retransmissions laid over each other.</summary>
    public int HighestSent { get; private set; }

    /// <summary>SYN, SYN-ACK at the target, and the ACK.</summary>
    public SessionHarness Connect(bool onlineSynAck = true)
    {
        Client.Syn();
        if (onlineSynAck)
            Online.SynAck();
        Target.SynAck();
        Expect("S 0:0", "A 1:0 ack 1");
        return this;
    }

    /// <summary>What was sent since the last expectation is exactly this.</summary>
    public void Expect(params string[] lines)
    {
        var actual = TakeLines();
        if (!actual.SequenceEqual(lines))
            throw new ScenarioException($"expected [{string.Join(", ", lines)}] but the session sent [{string.Join(", ", actual)}]");
    }

    public void ExpectNothing() => Expect();

    /// <summary>What was sent since the last expectation, in order.</summary>
    public IReadOnlyList<SentSegment> Take()
    {
        var taken = _unexpected.ToArray();
        _unexpected.Clear();
        return taken;
    }

    /// <summary>Lets time pass, waking the session whenever it asks.</summary>
    public void Advance(double milliseconds) => AdvanceTo(Now + TimeSpan.FromMilliseconds(milliseconds));

    public void AdvanceTo(Instant end)
    {
        for (var wakes = 0; Session.NextWake <= end; wakes++)
        {
            if (wakes > 100_000)
                throw new ScenarioException($"the session asks to be woken at {Session.NextWake} again and again");
            Now = Session.NextWake > Now ? Session.NextWake : Now;
            Session.OnWake(Now, _output);
            Collect();
        }
        Now = end;
    }

    public void Abort(SessionOutcome outcome)
    {
        Session.Abort(outcome, _output);
        Collect();
    }

    /// <summary>The client's ports belong to another connection by now.</summary>
    public void ClientGone()
    {
        Session.OnClientGone(Now, _output);
        Collect();
    }

    /// <summary>Every lease has come back.</summary>
    public void ExpectNoLeases()
    {
        if (Leases.Outstanding != 0)
            throw new ScenarioException($"{Leases.Outstanding} of {Leases.Leased} leases were not released");
        if (Session.BufferedBytes != 0)
            throw new ScenarioException($"the session still reports {Session.BufferedBytes} buffered bytes");
    }

    /// <summary>The session has ended like this, is closed once TIME-WAIT is over, and holds nothing.</summary>
    public void ExpectOutcome(SessionOutcome outcome)
    {
        if (Session.Outcome != outcome)
            throw new ScenarioException($"expected outcome {outcome} but it is {Session.Outcome?.ToString() ?? "open"}");
        ExpectNoLeases();
        Advance(2_000);
        if (!Session.IsClosed || Session.NextWake != Instant.Never)
            throw new ScenarioException($"the session is not closed 2 s after its outcome {outcome}");
        if (Session.Outcome != outcome)
            throw new ScenarioException($"the outcome changed from {outcome} to {Session.Outcome}");
    }

    /// <summary>The later of two positions, which go round as sequence numbers do.</summary>
    internal static int Further(int one, int other) => unchecked(one - other) > 0 ? one : other;

    internal void Deliver(Segment segment)
    {
        Session.OnSegment(segment, Now, _output);
        Collect();
    }

    internal void Deliver(in ReplyHeader reply)
    {
        Session.OnReply(reply, Now, _output);
        Collect();
    }

    private string[] TakeLines() => Take().Select(segment => segment.ToString()).ToArray();

    private void Collect()
    {
        foreach (ref readonly var item in _output.Items)
        {
            var sequence = item.Sequence - ClientStart;
            var sent = new SentSegment(item, sequence, item.Acknowledgement - TargetStart, item.Payload.ToArray(), Now);
            _sent.Add(sent);
            _unexpected.Enqueue(sent);
            HighestSent = Further(HighestSent, sequence + item.Length + (item.Flags.Has(TcpFlags.Syn | TcpFlags.Fin) ? 1 : 0));
        }
        _output.Clear();
    }
}
