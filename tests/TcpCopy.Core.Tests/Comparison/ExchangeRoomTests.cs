using TcpCopy.Core.Comparison;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Core.Tests.Comparison;

/// <summary>What a log takes for the requests that are open: each compared session has one.</summary>
public sealed class ExchangeRoomTests
{
    private const int Length = 10;

    private readonly Segment _segment = new() { Flags = TcpFlags.Ack, PayloadLength = Length };
    private ExchangeLog _log = new();
    private int _asked;
    private int _answered;

    [Fact]
    public void Room_for_a_burst_is_given_back_though_the_last_request_stays_open()
    {
        Burst();
        // It is needed anew.
        Assert.NotEqual(0, Allocations.Of(Burst));
    }

    [Fact]
    public void Requests_that_come_one_by_one_need_no_more_room()
    {
        Exchange();
        Assert.Equal(0, Allocations.Of(() =>
        {
            for (var count = 0; count < 1_000; count++)
                Exchange();
        }));
    }

    [Fact]
    public void As_many_as_may_be_open_fill_the_room_that_there_is()
    {
        const int Places = 256;
        var full = Allocations.Of(() => AskOfNew(Places));
        Assert.Equal(full, Allocations.Of(() => AskOfNew(Places + 1)));
        Assert.Equal(full, Allocations.Of(() => AskOfNew(3 * Places)));
    }

    private void AskOfNew(int requests)
    {
        (_log, _asked, _answered) = (new ExchangeLog(), 0, 0);
        while (_asked < requests)
            Ask();
    }

    /// <summary>As many requests as a replica at saturation trails its client by, and then their answers.</summary>
    private void Burst()
    {
        for (var count = 0; count < 100; count++)
            Ask();
        while (_answered < _asked)
            Answer();
    }

    private void Exchange()
    {
        Ask();
        Answer();
    }

    private void Ask()
    {
        _segment.Sequence = new SeqNumber(0) + Length * _asked;
        _segment.Acknowledgement = new SeqNumber(0) + _asked++;
        _log.OnSegment(_segment);
        TakeAll();
    }

    private void Answer()
    {
        var sent = new OutgoingSegment { Sequence = new SeqNumber(0) + Length * _answered, Length = Length, Flags = TcpFlags.Ack };
        var answer = new ReplyHeader
        {
            Sequence = new SeqNumber(0) + _answered++, PayloadLength = 1, Acknowledgement = sent.Sequence + Length, Flags = TcpFlags.Ack,
        };
        _log.OnOnline(answer, default);
        _log.OnSent(sent, default);
        _log.OnReply(answer, default);
        TakeAll();
    }

    private void TakeAll()
    {
        while (_log.TryTake(out _))
        {
        }
    }
}
