using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Session;

namespace TcpCopy.Testing.Simulation;

/// <summary>What a run with a capture that misses segments is made of.</summary>
public sealed record HoledPlan
{
    public required int Seed { get; init; }

    /// <summary>Request lengths in bytes.</summary>
    public required IReadOnlyList<int> Requests { get; init; }

    /// <summary>Share of data segments that the capture misses; the client never repeats them.</summary>
    public double Missed { get; init; }

    /// <summary>The capture begins behind so many data segments: no SYN is seen.</summary>
    public int BeginsBehind { get; init; }

    /// <summary>The target closes behind every answer whose number in its connection is this; 0: when the client has.</summary>
    public int ClosesAfter { get; init; }

    public LinkQuality Link { get; init; } = new(Delay: TimeSpan.FromMilliseconds(0.2));

    public SessionSettings Settings { get; init; } = new();

    /// <summary>From one request to the next.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(100);
}

/// <summary>The engine between a client, of which the capture misses a part, and a host that takes connection after connection, in virtual time.</summary>
public sealed class HoledConversation
{
    private const int AnswerLength = 700;

    private static readonly SeqNumber ClientStart = new(0xFFFF_8000);
    private static readonly SeqNumber OnlineStart = new(0xFFFF_FFF0);

    private readonly HoledPlan _plan;
    private readonly Random _random;
    private readonly Timeline _timeline = new();
    private readonly SessionOutput _output = new();
    private readonly LossyLink _toTarget;
    private readonly LossyLink _fromTarget;
    private readonly byte[] _stream;
    private readonly List<int> _starts = [];
    private readonly List<Missing> _missing = [];
    private long _wake;
    private int _segments;

    public HoledConversation(HoledPlan plan)
    {
        _plan = plan;
        _random = new Random(plan.Seed);
        _stream = new byte[plan.Requests.Sum()];
        _random.NextBytes(_stream);
        _toTarget = new LossyLink(_timeline, _random, plan.Link);
        _fromTarget = new LossyLink(_timeline, _random, plan.Link);
        Session = new ReplaySession(plan.Settings, (uint)_random.Next());
        Host = new TargetHost(_timeline, new TargetTraits(), reply => _fromTarget.Send(() => OnReply(reply)), Serve);
    }

    public ReplaySession Session { get; }

    public TargetHost Host { get; }

    public SegmentLeases Leases { get; } = new();

    public ReadOnlySpan<byte> ClientStream => _stream;

    /// <summary>Offsets in the client's stream at which its requests begin.</summary>
    public IReadOnlyList<int> Starts => _starts;

    /// <summary>What the capture missed since it saw the first data.</summary>
    public IReadOnlyList<Missing> Misses => _missing;

    /// <summary>Offset in the client's stream of the first data that the capture saw.</summary>
    public int FirstCaptured { get; private set; } = -1;

    /// <summary>Runs until the session has closed, or for an hour of virtual time.</summary>
    public HoledConversation Run()
    {
        if (_plan.BeginsBehind == 0)
            Capture(TimeSpan.Zero, 0, 0, TcpFlags.Syn, 0);
        var (at, offset) = (TimeSpan.Zero, 0);
        for (var index = 0; index < _plan.Requests.Count; index++)
        {
            at += _plan.Pause;
            _starts.Add(offset);
            ScheduleRequest(at, offset, _plan.Requests[index], index * AnswerLength);
            offset += _plan.Requests[index];
        }
        Capture(at + _plan.Pause, offset, 0, TcpFlags.Fin | TcpFlags.Ack, _plan.Requests.Count * AnswerLength);
        _timeline.Run(_timeline.Now + TimeSpan.FromHours(1), () => Session.IsClosed);
        return this;
    }

    /// <summary>Offset in the client's stream of a connection's first byte.</summary>
    public static int OffsetOf(TargetConnection connection) => connection.First - (ClientStart + 1);

    private void ScheduleRequest(TimeSpan at, int offset, int length, int seen)
    {
        for (var sent = 0; sent < length;)
        {
            var size = Math.Min(length - sent, _random.Next(1, 1_449));
            var isMissed = _segments++ < _plan.BeginsBehind || _random.NextDouble() < _plan.Missed;
            if (!isMissed)
                Capture(at + TimeSpan.FromMicroseconds(10 * sent), offset + sent, size, TcpFlags.Ack | TcpFlags.Psh, seen);
            else if (_plan.BeginsBehind == 0 || FirstCaptured >= 0)
                _missing.Add(new Missing(offset + sent, size));
            if (!isMissed && FirstCaptured < 0)
                FirstCaptured = offset + sent;
            sent += size;
        }
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
            var (packet, payload) = (item, item.Payload.ToArray());
            packet.Source = null;
            _toTarget.Send(() => Host.OnPacket(packet, payload));
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

    /// <summary>The server's application answers every request that has come whole since the connection began.</summary>
    private void Serve(TargetConnection connection)
    {
        var first = _starts.IndexOf(OffsetOf(connection));
        if (first < 0 || (_plan.ClosesAfter > 0 && connection.Answered == _plan.ClosesAfter))
            return;
        var next = first + connection.Answered;
        var isWhole = next < _starts.Count && connection.End.ReceivedBytes >= _starts[next] + _plan.Requests[next] - _starts[first];
        if (isWhole)
        {
            connection.Answered++;
            connection.End.Write(AnswerLength);
            if (connection.Answered == _plan.ClosesAfter)
                connection.End.Close();
            else
                Serve(connection);
        }
        else if (connection.End.ClientFinished)
        {
            connection.End.Close();
        }
    }
}

/// <summary>A data segment that the capture did not see, in offsets of the client's stream.</summary>
public readonly record struct Missing(int Offset, int Length);
