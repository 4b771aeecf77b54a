using TcpCopy.Core.Comparison;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Comparison;

/// <summary>
/// Both sides of one session in milliseconds; positions count from the client's and each server's first byte. The copier's clock and the capture's differ.
/// </summary>
public sealed class ExchangeLogTests
{
    private const uint ClientStart = uint.MaxValue - 10;
    private const uint OnlineStart = 5_000;
    private const uint TargetStart = 70_000;
    private const int CopierAhead = 1_000_000;

    private readonly ExchangeLog _log = new();

    [Fact]
    public void A_request_is_timed_on_both_sides_from_its_last_byte_to_the_answers_first_and_last()
    {
        Client(at: 0, from: 0, bytes: 10, seen: 0);
        Client(at: 2, from: 10, bytes: 10, seen: 0);
        Online(at: 5, from: 0, bytes: 100, acknowledged: 20, status: 200);
        Online(at: 9, from: 100, bytes: 50, acknowledged: 20);
        Sent(at: 10, from: 0, bytes: 10);
        Sent(at: 11, from: 10, bytes: 10);
        Target(at: 41, from: 0, bytes: 120, acknowledged: 20, status: 500);
        Target(at: 61, from: 120, bytes: 10, acknowledged: 20);

        Assert.Equal(
            new ComparedRequest(1, Answered(first: 3, last: 7, bytes: 150, status: 200), Answered(first: 30, last: 50, bytes: 130, status: 500)),
            Assert.Single(End()));
    }

    [Fact]
    public void What_a_reply_waited_for_on_its_way_from_the_tap_is_not_the_targets()
    {
        Exchange(number: 0);
        Sent(at: 0, from: 0, bytes: 10);
        Target(at: 20, from: 0, bytes: 100, acknowledged: 10, age: 8, lastAge: 1);

        Assert.Equal(Answered(first: 12, last: 19, bytes: 100), Assert.Single(End()).Target);
    }

    [Fact]
    public void A_request_is_done_with_once_both_sides_answer_the_next_one()
    {
        Exchange(number: 0);
        Exchange(number: 1);
        Sent(at: 0, from: 0, bytes: 10);
        Target(at: 10, from: 0, bytes: 100, acknowledged: 10);
        Assert.Empty(Done());

        Sent(at: 11, from: 10, bytes: 10);
        Target(at: 31, from: 100, bytes: 100, acknowledged: 20);

        Assert.Equal(Answered(first: 10, last: 10, bytes: 100), Assert.Single(Done()).Target);
        var last = Assert.Single(End());
        Assert.Equal((2, Answered(first: 20, last: 20, bytes: 100)), (last.Number, last.Target));
    }

    [Fact]
    public void Requests_that_are_sent_without_having_seen_an_answer_are_one()
    {
        Client(at: 0, from: 0, bytes: 10, seen: 0);
        Client(at: 1, from: 10, bytes: 10, seen: 0);
        Online(at: 3, from: 0, bytes: 100, acknowledged: 20);
        Online(at: 4, from: 100, bytes: 100, acknowledged: 20);
        Client(at: 5, from: 20, bytes: 10, seen: 200);
        Sent(at: 0, from: 0, bytes: 30);
        Target(at: 10, from: 0, bytes: 200, acknowledged: 20);
        Target(at: 12, from: 200, bytes: 7, acknowledged: 30);

        var requests = End();
        Assert.Equal((200, 200), (requests[0].Online.Bytes, requests[0].Target.Bytes));
        Assert.Equal((false, Answered(first: 12, last: 12, bytes: 7)), (requests[1].Online.IsAnswered, requests[1].Target));
    }

    [Fact]
    public void The_request_behind_one_that_came_with_the_SYN_is_another()
    {
        Client(at: 0, from: -1, bytes: 10, seen: 0, flags: TcpFlags.Syn);
        OnlineSynAck();
        Online(at: 3, from: 0, bytes: 100, acknowledged: 10);
        Client(at: 5, from: 10, bytes: 10, seen: 100);
        Online(at: 9, from: 100, bytes: 7, acknowledged: 20);

        Assert.Equal([Answered(first: 3, last: 3, bytes: 100), Answered(first: 4, last: 4, bytes: 7)], End().Select(request => request.Online));
    }

    [Fact]
    public void The_rest_of_an_answer_of_HTTP_that_was_overtaken_by_the_next_request_is_not_that_ones()
    {
        Exchange(number: 0);
        Exchange(number: 1);
        Sent(at: 0, from: 0, bytes: 10);
        Target(at: 10, from: 0, bytes: 50, acknowledged: 10, status: 200);
        Sent(at: 15, from: 10, bytes: 10);
        Target(at: 20, from: 50, bytes: 50, acknowledged: 20);
        Target(at: 30, from: 100, bytes: 60, acknowledged: 20, status: 404);

        var requests = End();
        Assert.Equal(Answered(first: 10, last: 20, bytes: 100, status: 200), requests[0].Target);
        // And what waited for that rest is timed from its end.
        Assert.Equal(Answered(first: 10, last: 10, bytes: 60, status: 404), requests[1].Target);
    }

    [Fact]
    public void A_late_answer_of_HTTP_belongs_to_the_oldest_request_that_waits()
    {
        Exchange(number: 0);
        Exchange(number: 1);
        TargetSyn(position: 0);
        Sent(at: 0, from: 0, bytes: 20);
        Target(at: 10, from: 0, bytes: 50, acknowledged: 20, status: 200);
        Target(at: 20, from: 50, bytes: 60, acknowledged: 20, status: 404);

        Assert.Equal([200, 404], End().Select(request => request.Target.Status));
    }

    [Fact]
    public void The_answer_behind_an_interim_one_is_the_same_requests_though_the_next_was_sent_between_them()
    {
        Exchange(number: 0);
        Exchange(number: 1);
        TargetSyn(position: 0);
        Sent(at: 0, from: 0, bytes: 10);
        Target(at: 10, from: 0, bytes: 50, acknowledged: 10, status: 103);
        Sent(at: 15, from: 10, bytes: 10);
        Target(at: 20, from: 50, bytes: 60, acknowledged: 20, status: 200);
        Target(at: 25, from: 110, bytes: 40, acknowledged: 20);
        Target(at: 30, from: 150, bytes: 70, acknowledged: 20, status: 404);

        Assert.Equal(
            [Answered(first: 10, last: 25, bytes: 150, status: 200), Answered(first: 5, last: 5, bytes: 70, status: 404)],
            End().Select(request => request.Target));
    }

    [Fact]
    public void A_request_has_the_status_of_its_final_answer()
    {
        Client(at: 0, from: 0, bytes: 10, seen: 0);
        Online(at: 1, from: 0, bytes: 25, acknowledged: 10, status: 100);
        Online(at: 2, from: 25, bytes: 50, acknowledged: 10, status: 201);
        Sent(at: 0, from: 0, bytes: 10);
        // Behind this one another protocol is spoken.
        Target(at: 10, from: 0, bytes: 50, acknowledged: 10, status: 101);
        Target(at: 20, from: 50, bytes: 50, acknowledged: 10, status: 500);

        var request = Assert.Single(End());
        Assert.Equal((201, 101), (request.Online.Status, request.Target.Status));
    }

    [Fact]
    public void Behind_a_reply_that_was_missed_order_says_nothing_any_more()
    {
        Exchange(number: 0);
        Exchange(number: 1);
        TargetSyn(position: 0);
        Sent(at: 0, from: 0, bytes: 20);
        Target(at: 20, from: 50, bytes: 60, acknowledged: 20, status: 404);

        Assert.Equal([0, 404], End().Select(request => request.Target.Status));
    }

    [Fact]
    public void A_greeting_answers_no_request()
    {
        OnlineSynAck();
        Online(at: 0, from: 0, bytes: 30, acknowledged: 0);
        TargetSyn(position: 0);
        Target(at: 0, from: 0, bytes: 35, acknowledged: 0);
        Client(at: 5, from: 0, bytes: 10, seen: 30);
        Online(at: 6, from: 30, bytes: 5, acknowledged: 10);
        Sent(at: 5, from: 0, bytes: 10);
        Target(at: 9, from: 35, bytes: 5, acknowledged: 10);

        Assert.Equal(
            new ComparedRequest(1, Answered(first: 1, last: 1, bytes: 5), Answered(first: 4, last: 4, bytes: 5)), Assert.Single(End()));
    }

    [Fact]
    public void Repeated_packets_change_nothing_on_either_side()
    {
        Exchange(number: 0);
        Client(at: 3, from: 0, bytes: 10, seen: 0);
        Online(at: 900, from: 0, bytes: 100, acknowledged: 10);
        Sent(at: 0, from: 0, bytes: 10);
        Sent(at: 200, from: 0, bytes: 10);
        Target(at: 210, from: 0, bytes: 100, acknowledged: 10);
        Target(at: 410, from: 0, bytes: 100, acknowledged: 10);

        Assert.Equal(
            new ComparedRequest(1, Answered(first: 1, last: 1, bytes: 100), Answered(first: 210, last: 210, bytes: 100)), Assert.Single(End()));
    }

    [Fact]
    public void A_reset_counts_for_the_side_that_sent_it_unless_the_client_had_closed()
    {
        Exchange(number: 0);
        Sent(at: 0, from: 0, bytes: 10);
        Target(at: 5, from: 0, bytes: 0, acknowledged: 10, flags: TcpFlags.Ack | TcpFlags.Rst);
        Client(at: 9, from: 10, bytes: 0, seen: 100, flags: TcpFlags.Ack | TcpFlags.Fin);
        Online(at: 10, from: 100, bytes: 0, acknowledged: 11, flags: TcpFlags.Ack | TcpFlags.Rst);

        var request = Assert.Single(End());
        Assert.Equal((false, true, false), (request.Online.IsReset, request.Target.IsReset, request.Target.IsAnswered));
    }

    [Fact]
    public void A_fresh_replica_is_asked_anew_what_the_last_one_did_not_answer()
    {
        Exchange(number: 0);
        Exchange(number: 1);
        Sent(at: 0, from: 0, bytes: 10);
        Target(at: 5, from: 0, bytes: 100, acknowledged: 10);
        Sent(at: 6, from: 10, bytes: 10);
        Target(at: 7, from: 100, bytes: 0, acknowledged: 10, flags: TcpFlags.Ack | TcpFlags.Fin);
        Sent(at: 8, from: 9, bytes: 0, flags: TcpFlags.Syn);
        TargetSyn(position: 500_000);
        Sent(at: 20, from: 10, bytes: 10);
        Target(at: 23, from: 500_000, bytes: 100, acknowledged: 20);

        var requests = End();
        Assert.Equal(Answered(first: 5, last: 5, bytes: 100), requests[0].Target);
        Assert.Equal(Answered(first: 3, last: 3, bytes: 100), requests[1].Target);
    }

    [Fact]
    public void An_answer_that_the_capture_missed_is_missing_and_shifts_no_other()
    {
        Client(at: 0, from: 0, bytes: 10, seen: 0);
        Client(at: 50, from: 10, bytes: 10, seen: 100);
        Online(at: 51, from: 100, bytes: 100, acknowledged: 20);
        // The request behind this answer was missed, too.
        Online(at: 90, from: 200, bytes: 100, acknowledged: 30);

        var requests = End();
        Assert.False(requests[0].Online.IsAnswered);
        Assert.Equal(Answered(first: 1, last: 1, bytes: 100), requests[1].Online);
    }

    [Fact]
    public void Behind_an_answer_of_three_gigabytes_another_request_begins()
    {
        const int Seen = unchecked((int)3_000_000_000);
        Client(at: 0, from: 0, bytes: 10, seen: 0);
        Client(at: 50, from: 10, bytes: 10, seen: Seen);
        Online(at: 51, from: Seen, bytes: 100, acknowledged: 20);

        Assert.Equal(Answered(first: 1, last: 1, bytes: 100), End()[1].Online);
    }

    [Fact]
    public void A_request_of_three_gigabytes_is_answered_like_any_other()
    {
        const int Part = 1_000_000_000;
        for (var part = 0; part < 3; part++)
        {
            Client(at: part, from: unchecked(part * Part), bytes: Part, seen: 0);
            Sent(at: part, from: unchecked(part * Part), bytes: Part);
        }
        Online(at: 3, from: 0, bytes: 100, acknowledged: unchecked(3 * Part));
        Target(at: 5, from: 0, bytes: 100, acknowledged: unchecked(3 * Part));

        Assert.Equal(
            new ComparedRequest(1, Answered(first: 1, last: 1, bytes: 100), Answered(first: 3, last: 3, bytes: 100)), Assert.Single(End()));
    }

    [Fact]
    public void A_target_that_falls_silent_does_not_keep_requests_open()
    {
        for (var number = 0; number < ExchangeLog.MostOpen + 5; number++)
            Exchange(number);

        Assert.Equal(5, Done().Count);
        Assert.Equal(ExchangeLog.MostOpen, End().Count(request => request.Online.IsAnswered && !request.Target.IsAnswered));
    }

    private static Answer Answered(int first, int last, int bytes, ushort status = 0) =>
        new() { FirstByte = Milliseconds(first), LastByte = Milliseconds(last), Bytes = bytes, Status = status };

    /// <summary>Ten bytes that are answered online with a hundred, a millisecond later.</summary>
    private void Exchange(int number)
    {
        Client(at: 10 * number, from: 10 * number, bytes: 10, seen: 100 * number);
        Online(at: 10 * number + 1, from: 100 * number, bytes: 100, acknowledged: 10 * (number + 1));
    }

    private void Client(int at, int from, int bytes, int seen, TcpFlags flags = TcpFlags.Ack) => _log.OnSegment(new Segment
    {
        Origin = SegmentOrigin.Client,
        Sequence = new SeqNumber(ClientStart) + from,
        Acknowledgement = new SeqNumber(OnlineStart) + seen,
        Flags = flags,
        PayloadLength = bytes,
        CapturedAt = new Instant(0) + Milliseconds(at),
    });

    private void OnlineSynAck() => _log.OnSegment(new Segment
    {
        Origin = SegmentOrigin.Online,
        Sequence = new SeqNumber(OnlineStart - 1),
        Flags = TcpFlags.Syn | TcpFlags.Ack,
    });

    private void Online(int at, int from, int bytes, int acknowledged, ushort status = 0, TcpFlags flags = TcpFlags.Ack) => _log.OnOnline(
        Header(new SeqNumber(OnlineStart) + from, bytes, acknowledged, status, flags), new Instant(0) + Milliseconds(at));

    private void Sent(int at, int from, int bytes, TcpFlags flags = TcpFlags.Ack) => _log.OnSent(
        new OutgoingSegment { Sequence = new SeqNumber(ClientStart) + from, Length = bytes, Flags = flags },
        new Instant(0) + Milliseconds(CopierAhead + at));

    private void TargetSyn(int position) => _log.OnReply(
        Header(new SeqNumber(TargetStart - 1) + position, 0, 0, 0, TcpFlags.Syn | TcpFlags.Ack), new Instant(0) + Milliseconds(CopierAhead));

    private void Target(
        int at, int from, int bytes, int acknowledged, ushort status = 0, TcpFlags flags = TcpFlags.Ack, uint age = 0, uint lastAge = 0)
    {
        var header = Header(new SeqNumber(TargetStart) + from, bytes, acknowledged, status, flags);
        (header.Trace.First, header.Trace.Last) = (1000 * age, 1000 * lastAge);
        _log.OnReply(header, new Instant(0) + Milliseconds(CopierAhead + at));
    }

    private static ReplyHeader Header(SeqNumber position, int bytes, int acknowledged, ushort status, TcpFlags flags) => new()
    {
        Sequence = position,
        Acknowledgement = new SeqNumber(ClientStart) + acknowledged,
        Flags = flags,
        PayloadLength = bytes,
        Trace = new ReplyTrace { Status = status },
    };

    private List<ComparedRequest> Done()
    {
        var requests = new List<ComparedRequest>();
        while (_log.TryTake(out var request))
            requests.Add(request);
        return requests;
    }

    private List<ComparedRequest> End()
    {
        _log.Close();
        return Done();
    }

    private static TimeSpan Milliseconds(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
