using Akka.Actor;
using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Loop;

/// <summary>
/// One deadline of one actor: when it is due, the actor is told a fixed message. It has at most one place in the loop's heap, so that
/// a session costs one entry whatever it does. Loop thread only.
/// </summary>
public sealed class LoopTimer : LoopDeadline
{
    /// <summary>Deadlines are put off to the next whole multiple: those of many sessions then share a wake-up, and none of them is that exact.</summary>
    private const long GrainTicks = 2 * TimeSpan.TicksPerMillisecond;

    private readonly EventLoop _loop;
    private readonly IActorRef _actor;
    private readonly object _message;

    public LoopTimer(EventLoop loop, IActorRef actor, object message)
    {
        _loop = loop;
        _actor = actor;
        _message = message;
    }

    /// <summary>Arms the timer for <paramref name="due"/>, in place of what it was armed for.</summary>
    public void Set(Instant due)
    {
        if (due == Instant.Never)
            Cancel();
        else
            _loop.Deadlines.Set(this, RoundUp(due));
    }

    /// <summary>
    /// Arms the timer unless it is already due sooner: the cheap way for a deadline that mostly moves later, which is looked at again when it fires.
    /// </summary>
    public void SetNoLaterThan(Instant due)
    {
        if (due < Due)
            _loop.Deadlines.Set(this, RoundUp(due));
    }

    public void Cancel() => _loop.Deadlines.Remove(this);

    internal override void Fire() => _actor.Tell(_message, ActorRefs.NoSender);

    private static Instant RoundUp(Instant due) => new((due.Ticks + GrainTicks - 1) / GrainTicks * GrainTicks);
}
