using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>What a session costs: tens of thousands are open at once, and every request passes through here.</summary>
public class FootprintTests
{
    private static readonly SeqNumber ClientStart = new(1_000);
    private static readonly SeqNumber TargetStart = new(5_000);
    private static readonly SessionSettings Settings = new();

    [Fact]
    public void A_request_and_its_answer_allocate_nothing()
    {
        var cycle = new KeepAlive(Connect());
        for (var warmUp = 0; warmUp < 1_000; warmUp++)
            cycle.Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var count = 0; count < 10_000; count++)
            cycle.Run();
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(0, allocated);
        Assert.Equal(11_000, cycle.Session.Tally.RequestsAnswered);
    }

    [Fact]
    public void An_idle_session_takes_less_than_two_kilobytes()
    {
        var sessions = new ReplaySession[1_000];
        new KeepAlive(Connect()).Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var segment = new Segment();
        var output = new SessionOutput();
        var shared = GC.GetAllocatedBytesForCurrentThread() - before;
        for (var index = 0; index < sessions.Length; index++)
        {
            sessions[index] = Connect(output);
            new KeepAlive(sessions[index], segment, output).Run();
        }
        // Everything ever allocated for a session, whether it is still held or not.
        var each = (GC.GetAllocatedBytesForCurrentThread() - before - shared) / sessions.Length;
        Assert.InRange(each, 1, 2_047);
        GC.KeepAlive(sessions);
    }

    private static ReplaySession Connect(SessionOutput? output = null)
    {
        output ??= new SessionOutput();
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

    private sealed class KeepAlive(ReplaySession session, Segment segment, SessionOutput output)
    {
        private SeqNumber _client = ClientStart + 1;
        private SeqNumber _target = TargetStart + 1;
        private Instant _now = new(10_000);

        public KeepAlive(ReplaySession session)
            : this(session, new Segment { Buffer = new byte[300], PayloadLength = 300 }, new SessionOutput())
        {
        }

        public ReplaySession Session => session;

        public void Run()
        {
            segment.Lease(null);
            segment.Flags = TcpFlags.Ack | TcpFlags.Psh;
            segment.PayloadLength = 300;
            segment.Sequence = _client;
            segment.Acknowledgement = _target;
            session.OnSegment(segment, _now, output);
            Clear();
            _client += 300;
            var reply = new ReplyHeader
            {
                Sequence = _target,
                Acknowledgement = _client,
                Flags = TcpFlags.Ack | TcpFlags.Psh,
                Window = 500,
                PayloadLength = 1_000,
                Options = new TcpOptions { HasTimestamps = true, TimestampEcho = (uint)(_now.Ticks / 10_000) },
            };
            _now += TimeSpan.FromMilliseconds(1);
            session.OnReply(reply, _now, output);
            Clear();
            _target += 1_000;
            _now += TimeSpan.FromMilliseconds(1);
        }

        private void Clear()
        {
            if (output.Count > 1)
                throw new InvalidOperationException($"{output.Count} segments in one step of a keep-alive session");
            output.Clear();
        }
    }
}
