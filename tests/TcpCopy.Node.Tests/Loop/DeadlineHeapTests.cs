using Akka.Actor;
using FsCheck.Xunit;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;
using Xunit;

namespace TcpCopy.Node.Tests.Loop;

public sealed class DeadlineHeapTests : IDisposable
{
    private readonly EventLoop _loop = new("heap-test", _ => { }, TimeProvider.System);

    public void Dispose() => _loop.Dispose();

    private LoopTimer NewTimer() => new(_loop, ActorRefs.Nobody, "due");

    [Property]
    public void Earliest_is_always_the_minimum_of_the_armed_timers(int[] operations)
    {
        var heap = new DeadlineHeap();
        var timers = Enumerable.Range(0, 8).Select(_ => NewTimer()).ToArray();
        foreach (var operation in operations)
        {
            var timer = timers[(uint)operation % 8];
            if (operation % 3 == 0)
                heap.Remove(timer);
            else
                heap.Set(timer, new Instant(Math.Abs((long)operation)));
            var armed = timers.Where(one => one.Due != Instant.Never).ToArray();
            Assert.Equal(armed.Length, heap.Count);
            Assert.Equal(armed.Length == 0 ? Instant.Never : armed.Min(one => one.Due), heap.Earliest);
        }
    }

    [Fact]
    public void Firing_disarms_what_is_due_and_leaves_the_rest()
    {
        var heap = new DeadlineHeap();
        var (early, late) = (NewTimer(), NewTimer());
        heap.Set(late, new Instant(20));
        heap.Set(early, new Instant(10));

        heap.FireDue(new Instant(10));

        Assert.Equal(Instant.Never, early.Due);
        Assert.Equal(new Instant(20), late.Due);
        Assert.Equal(1, heap.Count);
    }

    [Fact]
    public void Setting_a_timer_again_moves_it_and_adds_no_entry()
    {
        var heap = new DeadlineHeap();
        var timer = NewTimer();
        heap.Set(timer, new Instant(10));
        heap.Set(timer, new Instant(30));
        heap.Set(timer, new Instant(5));

        Assert.Equal(1, heap.Count);
        Assert.Equal(new Instant(5), heap.Earliest);
    }

    [Fact]
    public async Task What_was_put_off_ends_no_wait()
    {
        var (earliest, endsWithOther, late, count) = await _loop.OnLoopAsync(() =>
        {
            var now = _loop.Now;
            var (putOff, disarmed, other) = (NewTimer(), NewTimer(), NewTimer());
            putOff.Set(now + TimeSpan.FromSeconds(100));
            disarmed.Set(now + TimeSpan.FromSeconds(200));
            other.Set(now + TimeSpan.FromSeconds(300));

            putOff.Set(now + TimeSpan.FromSeconds(400));
            disarmed.Set(Instant.Never);

            var heap = _loop.Deadlines;
            var before = heap.Earliest;
            return (before, heap.NextWake() == other.Due, putOff.Due - now, heap.Count);
        });

        Assert.True(endsWithOther, $"the wait ends at {earliest}, which nobody waits for");
        Assert.InRange(late, TimeSpan.FromSeconds(400), TimeSpan.FromSeconds(450));
        Assert.Equal(2, count);
    }
}
