using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>Requests and answers that are longer than half of sequence space.</summary>
public sealed class LongStreamTests
{
    private const uint Long = 3_000_000_000;
    private const int Part = 60_000;

    /// <summary>Sequence numbers that the harness takes as positions: they go round.</summary>
    private const int Behind = unchecked((int)Long);

    private readonly SessionHarness _harness = new(new SessionSettings { MaxSegmentSize = ushort.MaxValue });

    private readonly SessionOutput _output = new();
    private readonly byte[] _bytes = new byte[Part];
    private Instant _now;
    private int _acknowledged;

    public LongStreamTests()
    {
        _harness.Client.Syn();
        _harness.Online.SynAck();
        _harness.Target.SynAck(mss: ushort.MaxValue, scale: 14);
        _harness.Take();
        _now = _harness.Now;
    }

    [Fact]
    public void The_request_behind_a_long_answer_waits_for_it()
    {
        const int Chunk = 10_000_000;
        _harness.Client.Data("AAA", seen: 0);
        _harness.Client.Data("BB", seen: Behind);
        Assert.Equal(2, _harness.Session.Tally.RequestsCaptured);
        for (var left = (long)Long; left > Chunk; left -= Chunk)
            _harness.Target.Reply(Chunk);

        Assert.DoesNotContain(_harness.Take(), sent => sent.Sequence == 4 && sent.Header.Length > 0);
        _harness.Target.Reply(Chunk);
        Assert.Contains(_harness.Take(), sent => sent.Sequence == 4 && sent.Header.Length == 2);
        Assert.Equal(Long, _harness.Session.Tally.ReplyBytes);
    }

    [Fact]
    public void A_long_request_is_acknowledged_whole_and_answered_when_its_answer_comes()
    {
        Upload();

        Assert.Equal((1, Long, 1, 0), (Tally.RequestsCaptured, Tally.BytesAcknowledged, Tally.RequestsAcknowledged, Tally.RequestsAnswered));
        Reply(TcpFlags.Ack | TcpFlags.Psh, payload: 100);
        Assert.Equal(1, Tally.RequestsAnswered);
    }

    [Fact]
    public void Behind_a_long_request_that_the_target_has_closed_on_the_next_one_gets_a_fresh_replica()
    {
        Upload();
        Reply(TcpFlags.Ack | TcpFlags.Psh, payload: 100);
        Reply(TcpFlags.Ack | TcpFlags.Fin, payload: 0, at: 100);
        Send(Behind, 2, seen: 100);

        Assert.Equal((TcpFlags.Syn, Behind), Newest());
        Assert.Equal((2, 1), (Tally.RequestsCaptured, Tally.Reopened));
    }

    [Fact]
    public void What_follows_of_a_long_request_behind_the_targets_reset_is_lost_with_it()
    {
        Upload();
        Send(Behind, 2, seen: 0);
        Reply(TcpFlags.Rst | TcpFlags.Ack, payload: 0);
        _output.Clear();
        Send(Behind + 2, 2, seen: 0);

        Assert.True(_output.Items.IsEmpty);
        Assert.Equal((1, 0), (Tally.RequestsCaptured, Tally.Reopened));
    }

    private SessionTally Tally => _harness.Session.Tally;

    /// <summary>One request, every part of which the target acknowledges at once.</summary>
    private void Upload()
    {
        for (var sent = 0L; sent < Long; sent += Part)
        {
            Send(unchecked((int)sent), Part, seen: 0);
            _acknowledged = unchecked((int)(sent + Part));
            Reply(TcpFlags.Ack, payload: 0);
            _output.Clear();
            _now += TimeSpan.FromMilliseconds(0.1);
        }
    }

    private void Send(int at, int length, int seen)
    {
        var segment = new Segment { Flags = TcpFlags.Ack, Buffer = _bytes, PayloadLength = length, CapturedAt = _harness.CaptureClock };
        segment.Lease(null);
        segment.Sequence = _harness.ClientStart + 1 + at;
        segment.Acknowledgement = ScriptedClient.OnlineStart + 1 + seen;
        _harness.Session.OnSegment(segment, _now, _output);
    }

    private void Reply(TcpFlags flags, int payload, int at = 0) => _harness.Session.OnReply(
        new ReplyHeader
        {
            Sequence = _harness.TargetStart + 1 + at,
            Acknowledgement = _harness.ClientStart + 1 + _acknowledged,
            Flags = flags,
            Window = ushort.MaxValue,
            PayloadLength = payload,
        },
        _now,
        _output);

    private (TcpFlags Flags, int At) Newest() => (_output.Items[^1].Flags, _output.Items[^1].Sequence - _harness.ClientStart);
}
