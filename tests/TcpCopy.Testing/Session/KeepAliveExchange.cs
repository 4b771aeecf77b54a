using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Session;

/// <summary>
/// An open session whose client asks, is answered and asks again, in virtual time: the steady state of a copier. It allocates nothing of its own, so what is
/// allocated is the session's.
/// </summary>
public sealed class KeepAliveExchange
{
    private const int RequestBytes = 300;
    private const int AnswerBytes = 1_000;

    private static readonly SeqNumber ClientStart = new(1_000);
    private static readonly SeqNumber TargetStart = new(5_000);
    private static readonly SessionSettings Settings = new();

    private readonly Segment _segment;
    private readonly SessionOutput _output;
    private SeqNumber _client = ClientStart + 1;
    private SeqNumber _target = TargetStart + 1;
    private Instant _now = new(10_000);

    /// <summary>A session with payload and output of its own.</summary>
    public KeepAliveExchange()
        : this(new Segment(), new SessionOutput())
    {
    }

    /// <param name="segment">Carries every request; may be shared by exchanges that run one after the other.</param>
    /// <param name="output">Likewise.</param>
    public KeepAliveExchange(Segment segment, SessionOutput output)
    {
        (_segment, _output) = (segment, output);
        if (segment.Buffer.Count < RequestBytes)
            segment.Buffer = new byte[RequestBytes];
        Session = Connect(output);
    }

    public ReplaySession Session { get; }

    /// <summary>One request and its answer.</summary>
    /// <exception cref="InvalidOperationException">It took more than one segment a step: the steady state was left.</exception>
    public void Run()
    {
        _segment.Lease(null);
        _segment.Flags = TcpFlags.Ack | TcpFlags.Psh;
        _segment.PayloadLength = RequestBytes;
        _segment.Sequence = _client;
        _segment.Acknowledgement = _target;
        Session.OnSegment(_segment, _now, _output);
        Clear();
        _client += RequestBytes;
        var reply = new ReplyHeader
        {
            Sequence = _target,
            Acknowledgement = _client,
            Flags = TcpFlags.Ack | TcpFlags.Psh,
            Window = 500,
            PayloadLength = AnswerBytes,
            Options = new TcpOptions { HasTimestamps = true, TimestampEcho = (uint)(_now.Ticks / TimeSpan.TicksPerMillisecond) },
        };
        _now += TimeSpan.FromMilliseconds(1);
        Session.OnReply(reply, _now, _output);
        Clear();
        _target += AnswerBytes;
        _now += TimeSpan.FromMilliseconds(1);
    }

    private static ReplaySession Connect(SessionOutput output)
    {
        var session = new ReplaySession(Settings, 0);
        var syn = new Segment { Flags = TcpFlags.Syn, Sequence = ClientStart };
        syn.Lease(null);
        session.OnSegment(syn, new Instant(0), output);
        var synAck = new ReplyHeader
        {
            Sequence = TargetStart,
            Acknowledgement = ClientStart + 1,
            Flags = TcpFlags.Syn | TcpFlags.Ack,
            Window = 65_535,
            Options = new TcpOptions { Mss = 1_460, HasTimestamps = true, HasWindowScale = true, WindowScale = 7 },
        };
        session.OnReply(synAck, new Instant(1_000), output);
        output.Clear();
        return session;
    }

    private void Clear()
    {
        if (_output.Count > 1)
            throw new InvalidOperationException($"{_output.Count} segments in one step of a keep-alive session");
        _output.Clear();
    }
}
