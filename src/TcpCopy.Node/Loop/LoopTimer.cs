using System.Numerics;
using Akka.Actor;
using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Loop;

/// <summary>
/// One deadline of one actor: when it is due, the actor is told a fixed message. It has at most one place in the loop's heap, so that
/// a session costs one entry whatever it does. Loop thread only.
/// </summary>
public sealed class LoopTimer : LoopDeadline
{
    /// <summary>
    /// Deadlines are put off to the next whole multiple of this, and far ones to coarser multiples, by an eighth of the wait at most: those of many sessions
    /// then share a wake-up, and none of them is that exact. The kernel's own timers are as coarse.
    /// </summary>
    private const long GrainTicks = 2 * TimeSpan.TicksPerMillisecond;

    private const int GrainsInWait = 8;

    private readonly EventLoop _loop;
    private readonly IActorRef _actor;
    private readonly object _message;
    private Instant _due = Instant.Never;
    private Instant _placedFor = Instant.Never;

    public LoopTimer(EventLoop loop, IActorRef actor, object message)
    {
        _loop = loop;
        _actor = actor;
        _message = message;
    }

    /// <summary>
    /// Arms the timer for <paramref name="due"/>, in place of what it was armed for; <see cref="Instant.Never"/> disarms it. A deadline that moves later, as
    /// most do, costs nothing before the earlier one would end a wait.
    /// </summary>
    public void Set(Instant due)
    {
        _due = due;
        if (due < Due)
            Place();
    }

    /// <summary>Disarms it and gives up its place in the heap.</summary>
    public void Cancel()
    {
        _due = Instant.Never;
        _loop.Deadlines.Remove(this);
    }

    internal override void Fire()
    {
        if (!MovesOn())
            _actor.Tell(_message, ActorRefs.NoSender);
    }

    internal override bool MovesOn()
    {
        if (_due == _placedFor)
            return false;
        if (_due == Instant.Never)
            _loop.Deadlines.Remove(this);
        else
            Place();
        return true;
    }

    private void Place()
    {
        _placedFor = _due;
        _loop.Deadlines.Set(this, RoundUp(_due));
    }

    private Instant RoundUp(Instant due)
    {
        var grains = Math.Max(1, (ulong)Math.Max(0, (due - _loop.Now).Ticks) / GrainsInWait / (ulong)GrainTicks);
        // Powers of two, so that coarse multiples are multiples of the finer ones.
        var grain = GrainTicks << BitOperations.Log2(grains);
        return new((due.Ticks + grain - 1) / grain * grain);
    }
}
