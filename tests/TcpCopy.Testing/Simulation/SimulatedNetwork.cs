using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Session;

namespace TcpCopy.Testing.Simulation;

/// <summary>
/// The engine between a client that is captured and a host that takes its connections, over two lossy links, in virtual time. Everything follows from
/// the plan and its seed.
/// </summary>
public sealed class SimulatedNetwork
{
    private const int WakesAtOnce = 1_000;

    private readonly Random _random;
    private readonly PacketTrace? _trace;
    private readonly SessionOutput _output = new();
    private readonly LossyLink _toTarget;
    private readonly LossyLink _fromTarget;
    private readonly Witness _witness;
    private readonly SettledBooks _books = new();
    private Instant _wakeAt = Instant.Never;
    private Instant _lastWake;
    private int _wakesAtOnce;
    private int _toCapture;

    /// <param name="plan">What the run is made of.</param>
    /// <param name="trace">Takes every packet, when it is wanted.</param>
    public SimulatedNetwork(NetworkPlan plan, TextWriter? trace = null)
    {
        Plan = plan;
        _random = new Random(plan.Seed);
        Client = new OnlineClient(plan, _random);
        Capture = new CaptureSide(plan, Client, _random);
        Server = new TargetServer(Timeline, plan, Client);
        Host = new TargetHost(Timeline, plan.Target, _random, FromTarget, Server.Serve, Accuse);
        _toTarget = new LossyLink(Timeline, _random, plan.ToTarget);
        _fromTarget = new LossyLink(Timeline, _random, plan.FromTarget);
        Session = new ReplaySession(plan.Settings, (uint)_random.Next() * 2);
        _witness = new Witness(this);
        _trace = trace is null ? null : new PacketTrace(this, trace);
    }

    public NetworkPlan Plan { get; }

    public Timeline Timeline { get; } = new();

    public OnlineClient Client { get; }

    public CaptureSide Capture { get; }

    public ReplaySession Session { get; }

    public TargetHost Host { get; }

    public TargetServer Server { get; }

    public SegmentLeases Leases { get; } = new();

    /// <summary>What went wrong on the way, with its time.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Virtual time from the first segment to the close.</summary>
    public TimeSpan Duration { get; private set; }

    /// <summary>The most that the session held.</summary>
    public long MostBuffered { get; private set; }

    /// <summary>The fewest and the most bytes that the session may count as acknowledged, from the ACKs that it was given.</summary>
    public (long Least, long Most) Heard => _witness.Heard;

    /// <summary>Changes what the engine sends, to see that a faulty one is found out; returning false swallows the packet.</summary>
    public TamperingHand? Tamper { get; set; }

    /// <summary>Runs until the session has closed and the client has said all, or until the plan's limit.</summary>
    public SimulatedNetwork Run()
    {
        foreach (var (at, segment) in Capture.Captured)
            Expect(at, () => Capture.Lease(Leases, segment));
        if (Capture.SawSyn && !Plan.Capture.MissesSynAck)
            Expect(TimeSpan.FromMilliseconds(0.1), () => Capture.LeaseSynAck(Leases));
        if (Plan.StopsAt is { } stop)
            Timeline.After(stop, () => Input("stop", () => Session.Abort(SessionOutcome.Stopped, _output)));
        Timeline.Run(Timeline.Now + Plan.Limit, () => IsDone);
        Duration = Timeline.Elapsed;
        _trace?.Note($"outcome {Session.Outcome}");
        return this;
    }

    private bool IsDone => (Session.IsClosed && _toCapture == 0) || _wakesAtOnce > WakesAtOnce;

    internal void Accuse(string complaint) => Complaints.Add($"{Timeline.Elapsed.TotalSeconds:0.000000} {complaint}");

    private void Expect(TimeSpan at, Func<Segment> lease)
    {
        _toCapture++;
        Timeline.After(at, () =>
        {
            _toCapture--;
            var segment = lease();
            _trace?.Captured(segment);
            Input("segment", () => Session.OnSegment(segment, Timeline.Now, _output));
        });
    }

    private void FromTarget(TargetConnection? connection, ReplyHeader reply)
    {
        var length = reply.PayloadLength;
        // What a device would have cut counts as the packets that it would be.
        var fate = _fromTarget.Send(40 + Math.Min(length, Plan.Target.Mss == 0 ? 536 : Plan.Target.Mss), () =>
        {
            _witness.OnReply(connection, reply);
            _trace?.Arrived(connection, reply);
            Input("reply", () => Session.OnReply(reply, Timeline.Now, _output));
        });
        _trace?.Replied(connection, reply, fate);
    }

    private void Input(string kind, Action input)
    {
        var before = Session.Outcome;
        input();
        if (before is { } decided && Session.Outcome != decided)
            Accuse($"a {kind} changed the outcome from {decided} to {Session.Outcome}");
        if (_books.Check(Session) is { } fault)
            Accuse($"after a {kind} {fault}");
        MostBuffered = Math.Max(MostBuffered, Session.BufferedBytes);
        foreach (ref readonly var item in _output.Items)
            ToTarget(item);
        _output.Clear();
        Watch();
    }

    private void ToTarget(in OutgoingSegment item)
    {
        var (packet, payload) = (item, item.Payload.ToArray());
        packet.Source = null;
        if (Tamper is not null && !Tamper(ref packet, ref payload))
            return;
        _witness.OnSent(packet, payload);
        var fate = _toTarget.Send(40 + OptionBytes(packet.Options) + payload.Length, () => Host.OnPacket(packet, payload));
        _trace?.Sent(packet, payload.Length, fate);
        if (fate == Fate.TooLarge)
            Accuse($"a packet of {payload.Length} bytes of payload exceeds the link's MTU of {Plan.ToTarget.Mtu}");
    }

    /// <summary>Wakes the session when it asks, or a little late. A deadline that has moved later is looked at again when it comes.</summary>
    private void Watch()
    {
        var next = Session.NextWake;
        if (next == Instant.Never || next >= _wakeAt)
            return;
        _wakeAt = next > Timeline.Now ? next : Timeline.Now;
        var at = _wakeAt;
        Timeline.At(at + (Plan.WakesLateBy * _random.NextDouble()), () => Wake(at));
    }

    private void Wake(Instant scheduled)
    {
        if (scheduled == _wakeAt)
            _wakeAt = Instant.Never;
        _wakesAtOnce = Timeline.Now == _lastWake ? _wakesAtOnce + 1 : 0;
        _lastWake = Timeline.Now;
        if (_wakesAtOnce > WakesAtOnce)
            Accuse("the session asks to be woken again and again");
        Input("wake", () => Session.OnWake(Timeline.Now, _output));
    }

    private static int OptionBytes(in TcpOptions options) =>
        (options.HasTimestamps ? 12 : 0) + (options.SackCount > 0 ? 4 + (8 * options.SackCount) : 0);
}

/// <summary>Changes a packet of the engine's; false swallows it.</summary>
public delegate bool TamperingHand(ref OutgoingSegment packet, ref byte[] payload);
