using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace TcpCopy.Node.Loop;

/// <summary>
/// Named in HOCON as a <c>mailbox-type</c>: mailboxes for actors that are created on a loop, run on it, and are told things by it. Akka's own takes a kilobyte
/// before its first message, and there is one a session.
/// </summary>
public sealed class LoopMailbox(Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<LoopMessageQueue>
{
    /// <exception cref="InvalidOperationException">Not on a loop.</exception>
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new LoopMessageQueue(EventLoop.Current);
}

/// <summary>
/// Messages in order. The loop's own thread needs no lock, and no array while nothing waits; what other threads tell comes behind, each thread's in order.
/// </summary>
public sealed class LoopMessageQueue : IMessageQueue
{
    private const int FirstPlaces = 4;

    /// <summary>An emptied queue of more places gives its array back: after a burst a silent session is small again.</summary>
    private const int KeptPlaces = 16;

    private readonly EventLoop _loop;
    private Envelope[] _items = [];
    private int _head;
    private int _count;
    private ConcurrentQueue<Envelope>? _fromOthers;

    internal LoopMessageQueue(EventLoop loop) => _loop = loop;

    public bool HasMessages => Volatile.Read(ref _count) > 0 || Volatile.Read(ref _fromOthers) is { IsEmpty: false };

    public int Count => Volatile.Read(ref _count) + (Volatile.Read(ref _fromOthers)?.Count ?? 0);

    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        if (!_loop.IsCurrent)
        {
            LazyInitializer.EnsureInitialized(ref _fromOthers).Enqueue(envelope);
            return;
        }
        if (_count == _items.Length)
            Grow();
        _items[(_head + _count) & (_items.Length - 1)] = envelope;
        _count++;
    }

    /// <summary>Loop thread only, as are mailbox runs.</summary>
    public bool TryDequeue(out Envelope envelope)
    {
        if (_count == 0)
        {
            envelope = default;
            return _fromOthers?.TryDequeue(out envelope) == true;
        }
        envelope = _items[_head];
        _items[_head] = default;
        _head = (_head + 1) & (_items.Length - 1);
        if (--_count == 0 && _items.Length > KeptPlaces)
            (_items, _head) = ([], 0);
        return true;
    }

    /// <summary>The actor is gone: what waits is nobody's any more.</summary>
    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        while (TryDequeue(out var envelope))
            deadletters.Enqueue(owner, envelope);
    }

    private void Grow()
    {
        var larger = new Envelope[Math.Max(FirstPlaces, 2 * _items.Length)];
        for (var index = 0; index < _count; index++)
            larger[index] = _items[(_head + index) & (_items.Length - 1)];
        (_items, _head) = (larger, 0);
    }
}
