using TcpCopy.Copier.Tests.Fakes;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>What the online host ends by itself, and packets that look like a beginning and are none.</summary>
public sealed class ShardOnlineResetTests() : ShardKit(Settings)
{
    [Fact]
    public void A_connection_that_the_online_host_resets_is_closed_at_the_target_when_all_is_answered()
    {
        var flow = Flow(40_000);
        var id = Establish(flow);
        Feed.Client(flow, Data("GET /"));
        NextPayload();
        Feed.Client(Back(flow), Reset(ClientIsn + 6));
        Acknowledge(id, 5);
        Settle();
        Assert.False(IsAnySent(sent => sent.Flags.Has(TcpFlags.Fin | TcpFlags.Rst), out _));

        Acknowledge(id, 5, payload: 10);
        Assert.Equal(Replica(flow), Next(sent => sent.Flags.Has(TcpFlags.Fin)).Replica);
        Acknowledge(id, 6);
        Acknowledge(id, 6, payload: 10, flags: TcpFlags.Fin);
        Assert.Equal(1, Stop().Sessions.Ended[SessionOutcome.Replayed]);
    }

    [Fact]
    public void A_connection_that_the_online_host_refuses_does_not_stay_open_at_the_target()
    {
        var flow = Flow(40_001);
        Feed.AtOnce((flow, Syn(flags: TcpFlags.Syn)), (Back(flow), Reset(ClientIsn + 1)));
        AnswerSyn(NextFlow(flow));

        Assert.Equal(Replica(flow), Next(sent => sent.Flags.Has(TcpFlags.Fin)).Replica);
    }

    [Fact]
    public void The_end_of_a_connection_on_ports_that_were_used_again_is_the_later_ones()
    {
        var flow = Flow(40_002);
        var id = Establish(flow);
        Feed.Client(flow, Data("unanswered"));
        NextPayload();
        Feed.AtOnce((flow, Syn(flags: TcpFlags.Syn, ClientIsn + 5_000)), (Back(flow), Reset(ClientIsn + 5_001)));
        Acknowledge(id, 10);
        Next(sent => sent.Flags.Has(TcpFlags.Fin));
        Acknowledge(id, 11, flags: TcpFlags.Fin);

        var second = Next(sent => sent.Flags == TcpFlags.Syn);
        Assert.Equal(new SeqNumber(ClientIsn + 5_000), second.Sequence);
        Reply(NextFlow(flow), new ReplyHeader
        {
            Sequence = new(TargetIsn),
            Acknowledgement = second.Sequence + 1,
            Flags = TcpFlags.Syn | TcpFlags.Ack,
            Window = 65_000,
        });
        Assert.Equal(second.Sequence + 1, Next(sent => sent.Flags.Has(TcpFlags.Fin)).Sequence);
    }

    [Theory]
    [InlineData(TcpFlags.Syn | TcpFlags.Ack)]
    [InlineData(TcpFlags.Syn | TcpFlags.Rst)]
    public void A_SYN_with_ACK_or_RST_begins_no_session_and_ends_none(TcpFlags flags)
    {
        var flow = Flow(40_003);
        Establish(flow);
        Feed.Client(Flow(40_004), Syn(flags));
        Feed.Client(flow, Syn(flags, ClientIsn + 90_000));
        Feed.Client(flow, Data("GET /"));
        Assert.Equal(Replica(flow), NextPayload().Replica);

        Assert.Equal(1, Stop().Sessions.Seen);
    }

    private static FlowKey Back(FlowKey flow) => new(flow.Server, flow.Client);

    private static OutgoingSegment Syn(TcpFlags flags, uint sequence = ClientIsn) => new() { Sequence = new(sequence), Flags = flags };

    private static OutgoingSegment Reset(uint acknowledgement) =>
        new() { Sequence = new(1), Acknowledgement = new(acknowledgement), Flags = TcpFlags.Rst | TcpFlags.Ack };
}
