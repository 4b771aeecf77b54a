using TcpCopy.Copier.Figures;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>Which answers of the target are timed.</summary>
public sealed class ReplyClockTests
{
    private readonly ShardBooks _books = new();
    private ReplyClock _clock;

    [Fact]
    public void A_SYN_that_was_sent_again_is_not_timed()
    {
        SendSyn(1_000, at: 0);
        SendSyn(1_000, at: 200);
        Answer(1_001, TcpFlags.Syn | TcpFlags.Ack, at: 210);

        Assert.Equal(0, _books.TargetRoundTrip.Read().Count);
    }

    [Fact]
    public void A_fresh_replica_that_begins_where_the_last_one_got_to_is_timed()
    {
        SendSyn(1_000, at: 0);
        Answer(1_001, TcpFlags.Syn | TcpFlags.Ack, at: 10);
        _clock.OnSent(new OutgoingSegment { Sequence = new(1_001), Flags = TcpFlags.Ack, Length = 100 }, At(20));
        Answer(1_101, TcpFlags.Ack, at: 30, payload: 50);
        // Its SYN takes the number before the client's next byte.
        SendSyn(1_100, at: 1_000);
        Answer(1_101, TcpFlags.Syn | TcpFlags.Ack, at: 1_010);

        Assert.Equal(2, _books.TargetRoundTrip.Read().Count);
        Assert.Equal(TimeSpan.FromMilliseconds(20), _books.TargetRoundTrip.Read().Sum);
        Assert.Equal(1, _books.TargetFirstReply.Read().Count);
    }

    private void SendSyn(uint sequence, int at) => _clock.OnSent(new OutgoingSegment { Sequence = new(sequence), Flags = TcpFlags.Syn }, At(at));

    private void Answer(uint acknowledgement, TcpFlags flags, int at, int payload = 0) => _clock.OnReply(
        new ReplyHeader { Acknowledgement = new(acknowledgement), Flags = flags, PayloadLength = payload }, At(at), _books);

    private static Instant At(int milliseconds) => new(milliseconds * TimeSpan.TicksPerMillisecond);
}
