using FsCheck.Xunit;
using TcpCopy.Core.Routes;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Core.Tests.Routes;

public sealed class HeldRepliesTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(250);

    private readonly HeldReplies _held = new(1024, s_patience);

    [Fact]
    public void Replies_of_a_flow_come_out_in_order_and_others_stay()
    {
        foreach (var (flow, number) in new[] { (1, 10u), (2, 20u), (1, 11u), (2, 21u), (1, 12u) })
            _held.Hold(Flows.Numbered(flow), Reply(number), At(0));

        Assert.Equal([10u, 11u, 12u], TakeAll(_held, 1));
        Assert.Equal([], TakeAll(_held, 1));
        Assert.Equal(2, _held.Count);
        Assert.Equal([20u, 21u], TakeAll(_held, 2));
        Assert.Equal((0, 0L), (_held.Count, _held.Expired));
        Assert.Equal(Instant.Never, _held.NextExpiry);
    }

    [Fact]
    public void A_reply_waits_for_as_long_as_it_was_told_and_no_longer()
    {
        _held.Hold(Flows.Numbered(1), Reply(10), At(0));
        _held.Hold(Flows.Numbered(1), Reply(11), At(100));

        Assert.Equal(At(250), _held.NextExpiry);
        Assert.Equal(0, _held.Expire(At(249)));
        Assert.Equal(1, _held.Expire(At(250)));
        Assert.Equal(At(350), _held.NextExpiry);
        Assert.Equal([11u], TakeAll(_held, 1));
        Assert.Equal((1L, 0L), (_held.Expired, _held.Displaced));
    }

    [Fact]
    public void When_too_many_wait_the_oldest_goes()
    {
        for (var number = 0u; number < 1100; number++)
            _held.Hold(Flows.Numbered((int)number % 2), Reply(number), At(0));

        Assert.Equal((1024, 76L, 76L), (_held.Count, _held.Expired, _held.Displaced));
        Assert.Equal(76u, TakeAll(_held, 0)[0]);
    }

    /// <summary>One reply that nobody asks for must not make the room of thousands that come and go behind it grow without end.</summary>
    [Fact]
    public void Room_stays_bounded_behind_a_reply_that_nobody_takes()
    {
        _held.Hold(Flows.Numbered(0), Reply(0), At(0));
        for (var number = 1u; number < 5000; number++)
        {
            _held.Hold(Flows.Numbered(1), Reply(number), At(1));
            Assert.Equal([number], TakeAll(_held, 1));
        }
        Assert.Equal((0, 1L), (_held.Count, _held.Displaced));
    }

    [Property]
    public void It_behaves_like_a_list_of_waiting_replies((byte Kind, byte Flow)[] steps)
    {
        var held = new HeldReplies(16, s_patience);
        var model = new List<(int Flow, uint Number, Instant Arrived)>();
        var now = At(0);
        var number = 0u;
        var expired = 0;
        foreach (var step in steps)
        {
            var flow = step.Flow % 4;
            switch (step.Kind % 8)
            {
                case < 5 when model.Count < 16 && number - model.FirstOrDefault((0, number, default)).Item2 < 16:
                    held.Hold(Flows.Numbered(flow), Reply(number), now);
                    model.Add((flow, number++, now));
                    break;
                case < 7:
                    Assert.Equal(model.Where(entry => entry.Flow == flow).Select(entry => entry.Number), TakeAll(held, flow));
                    model.RemoveAll(entry => entry.Flow == flow);
                    break;
                default:
                    now += TimeSpan.FromMilliseconds(step.Flow);
                    var due = model.RemoveAll(entry => now - entry.Arrived >= s_patience);
                    Assert.Equal(due, held.Expire(now));
                    expired += due;
                    break;
            }
            Assert.Equal((model.Count, (long)expired), (held.Count, held.Expired));
        }
    }

    [Fact]
    public void Holding_and_taking_allocates_nothing_once_grown()
    {
        HoldAndTake();
        Assert.Equal(0, Allocations.Of(HoldAndTake));
    }

    private void HoldAndTake()
    {
        var reply = Reply(1);
        for (var round = 0; round < 100; round++)
        {
            for (var flow = 0; flow < 100; flow++)
                _held.Hold(Flows.Numbered(flow), reply, At(0));
            for (var flow = 0; flow < 100; flow++)
                while (_held.TryTake(Flows.Numbered(flow), out _)) { }
        }
    }

    private static Instant At(int milliseconds) => Instant.FromMicroseconds(milliseconds * 1000L);

    private static ReplyHeader Reply(uint number) => new() { Sequence = new SeqNumber(number) };

    private static List<uint> TakeAll(HeldReplies held, int flow)
    {
        var taken = new List<uint>();
        while (held.TryTake(Flows.Numbered(flow), out var reply))
            taken.Add(reply.Sequence.Value);
        return taken;
    }
}
