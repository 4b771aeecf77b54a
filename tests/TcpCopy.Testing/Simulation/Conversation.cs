using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Session;

namespace TcpCopy.Testing.Simulation;

/// <summary>One request and what both servers answer to it, in bytes.</summary>
/// <param name="Request">Client bytes; 0 for a server that speaks first.</param>
/// <param name="OnlineAnswer">What the online host answered.</param>
/// <param name="TargetAnswer">What the target answers.</param>
public readonly record struct Exchange(int Request, int OnlineAnswer, int TargetAnswer);

/// <summary>What a simulated run is made of.</summary>
public sealed record ConversationPlan
{
    public required int Seed { get; init; }

    public required IReadOnlyList<Exchange> Exchanges { get; init; }

    public LinkQuality ToTarget { get; init; } = new(Delay: TimeSpan.FromMilliseconds(0.2));

    public LinkQuality FromTarget { get; init; } = new(Delay: TimeSpan.FromMilliseconds(0.2));

    public TargetTraits Target { get; init; } = new();

    public SessionSettings Settings { get; init; } = new();

    /// <summary>Largest captured client segment; above the MSS it is one that the receiving device had merged.</summary>
    public int LargestSegment { get; init; } = 1448;

    /// <summary>Share of captured segments that come late, twice, or repeated together with their neighbours.</summary>
    public double CaptureDisorder { get; init; }

    /// <summary>The server closes behind its last answer, at both places, and does not wait for the client's FIN.</summary>
    public bool ServerClosesFirst { get; init; }

    /// <summary>Bytes that the target's application takes every 10 ms when it does not read at once.</summary>
    public int ReadsEvery10Milliseconds { get; init; } = 4_000;

    public TimeSpan TargetThinks { get; init; } = TimeSpan.FromMilliseconds(1);
}

/// <summary>The engine between a generated client and the reference target, over two lossy links, in virtual time.</summary>
public sealed class Conversation
{
    private static readonly SeqNumber ClientStart = new(0xFFFF_F800);
    private static readonly SeqNumber OnlineStart = new(0xFFFF_FFF0);

    private readonly ConversationPlan _plan;
    private readonly Random _random;
    private readonly Timeline _timeline = new();
    private readonly SessionOutput _output = new();
    private readonly LossyLink _toTarget;
    private readonly LossyLink _fromTarget;
    private readonly byte[] _stream;
    private long _wake;
    private int _answered;
    private int _requestStart;
    private bool _isThinking;

    public Conversation(ConversationPlan plan)
    {
        _plan = plan;
        _random = new Random(plan.Seed);
        _stream = new byte[plan.Exchanges.Sum(exchange => exchange.Request)];
        _random.NextBytes(_stream);
        _toTarget = new LossyLink(_timeline, _random, plan.ToTarget);
        _fromTarget = new LossyLink(_timeline, _random, plan.FromTarget);
        Session = new ReplaySession(plan.Settings, (uint)_random.Next());
        Target = new ReferenceTarget(_timeline, plan.Target, reply => _fromTarget.Send(() => OnReply(reply))) { OnProgress = Serve };
    }

    public ReplaySession Session { get; }

    public ReferenceTarget Target { get; }

    public SegmentLeases Leases { get; } = new();

    public ReadOnlySpan<byte> ClientStream => _stream;

    /// <summary>Requests of which bytes reached the server before it had answered the one before.</summary>
    public int EarlyRequests { get; private set; }

    /// <summary>Answer bytes that had got through when the client's FIN came: a server may drop what is left then.</summary>
    public long AcknowledgedWhenClientFinished { get; private set; } = -1;

    public TimeSpan Duration { get; private set; }

    /// <summary>Runs until the session has closed, or for an hour of virtual time.</summary>
    public Conversation Run()
    {
        var begin = _timeline.Now;
        ScheduleClient();
        if (!_plan.Target.ReadsAtOnce)
            _timeline.After(TimeSpan.FromMilliseconds(10), Read);
        _timeline.Run(begin + TimeSpan.FromHours(1), () => Session.IsClosed);
        Duration = _timeline.Now - begin;
        return this;
    }

    private void ScheduleClient()
    {
        var at = TimeSpan.Zero;
        Capture(at, 0, 0, TcpFlags.Syn, 0);
        var synAck = Leases.Lease([]);
        (synAck.Origin, synAck.Flags) = (SegmentOrigin.Online, TcpFlags.Syn | TcpFlags.Ack);
        (synAck.Sequence, synAck.Acknowledgement) = (OnlineStart, ClientStart + 1);
        _timeline.After(TimeSpan.FromMilliseconds(0.1), () => Input(() => Session.OnSegment(synAck, _timeline.Now, _output)));
        var offset = 0;
        var seen = 0;
        foreach (var exchange in _plan.Exchanges)
        {
            at += TimeSpan.FromMilliseconds(1);
            at = ScheduleRequest(at, offset, exchange.Request, seen);
            offset += exchange.Request;
            seen += exchange.OnlineAnswer;
        }
        Capture(at + TimeSpan.FromMilliseconds(1), offset, 0, TcpFlags.Fin | TcpFlags.Ack, _plan.ServerClosesFirst ? seen + 1 : seen);
    }

    private void Read()
    {
        Target.Read(_plan.ReadsEvery10Milliseconds);
        _timeline.After(TimeSpan.FromMilliseconds(10), Read);
    }

    private TimeSpan ScheduleRequest(TimeSpan at, int offset, int length, int seen)
    {
        for (var sent = 0; sent < length;)
        {
            var size = Math.Min(length - sent, _random.Next(1, _plan.LargestSegment + 1));
            at += TimeSpan.FromMicroseconds(10);
            var isLate = _random.NextDouble() < _plan.CaptureDisorder;
            Capture(isLate ? at + TimeSpan.FromMicroseconds(_random.Next(200)) : at, offset + sent, size, TcpFlags.Ack | TcpFlags.Psh, seen);
            if (_random.NextDouble() < _plan.CaptureDisorder)
                RepeatAround(at, offset, sent + size, seen);
            sent += size;
        }
        return at;
    }

    /// <summary>The client sends again from somewhere within the request, cut otherwise than before.</summary>
    private void RepeatAround(TimeSpan at, int offset, int end, int seen)
    {
        var from = _random.Next(Math.Max(0, end - 5_000), end);
        Capture(at + TimeSpan.FromMicroseconds(_random.Next(400)), offset + from, end - from, TcpFlags.Ack, seen);
    }

    private void Capture(TimeSpan at, int offset, int length, TcpFlags flags, int seen)
    {
        var segment = Leases.Lease(_stream.AsSpan(offset, length));
        segment.Flags = flags;
        segment.Sequence = ClientStart + (flags.Has(TcpFlags.Syn) ? 0 : offset + 1);
        segment.Acknowledgement = flags.Has(TcpFlags.Ack) ? OnlineStart + 1 + seen : default;
        segment.CapturedAt = new Instant(at.Ticks);
        _timeline.After(at, () => Input(() => Session.OnSegment(segment, _timeline.Now, _output)));
    }

    private void OnReply(ReplyHeader reply) => Input(() => Session.OnReply(reply, _timeline.Now, _output));

    private void Input(Action input)
    {
        input();
        foreach (ref readonly var item in _output.Items)
        {
            var packet = item;
            var payload = item.Payload.ToArray();
            packet.Source = null;
            _toTarget.Send(() => Target.OnPacket(packet, payload));
        }
        _output.Clear();
        var wake = ++_wake;
        if (Session.NextWake != Instant.Never)
            _timeline.At(Session.NextWake, () => Wake(wake));
    }

    private void Wake(long wake)
    {
        if (wake == _wake)
            Input(() => Session.OnWake(_timeline.Now, _output));
    }

    /// <summary>The server's application: answers each request when it has come whole, and closes when the client has.</summary>
    private void Serve()
    {
        if (Target.ClientFinished && AcknowledgedWhenClientFinished < 0)
            AcknowledgedWhenClientFinished = Target.AcknowledgedBytes;
        if (_answered == _plan.Exchanges.Count)
        {
            if (Target.ClientFinished || _plan.ServerClosesFirst)
                _timeline.After(_plan.TargetThinks, Target.Close);
            return;
        }
        var exchange = _plan.Exchanges[_answered];
        if (Target.ReceivedBytes > _requestStart + exchange.Request)
            EarlyRequests++;
        if (_isThinking || Target.ReceivedBytes < _requestStart + exchange.Request)
            return;
        _isThinking = true;
        _timeline.After(_plan.TargetThinks, () => Answer(exchange));
    }

    private void Answer(in Exchange exchange)
    {
        _isThinking = false;
        _requestStart += exchange.Request;
        _answered++;
        Target.Write(exchange.TargetAnswer);
        Serve();
    }
}
