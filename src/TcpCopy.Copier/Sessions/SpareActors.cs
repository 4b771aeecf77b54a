using System.Diagnostics.CodeAnalysis;
using Akka.Actor;

namespace TcpCopy.Copier.Sessions;

/// <summary>Session actors that wait for their next session. Loop thread only.</summary>
internal sealed class SpareActors
{
    /// <summary>Some two megabytes of them: enough for the sessions of a second or so of short connections.</summary>
    private const int Most = 1_024;

    private readonly Stack<IActorRef> _actors = new();

    /// <returns>False when there are enough.</returns>
    public bool TryAdd(IActorRef actor)
    {
        if (_actors.Count == Most)
            return false;
        _actors.Push(actor);
        return true;
    }

    public bool TryTake([NotNullWhen(true)] out IActorRef? actor) => _actors.TryPop(out actor);

    /// <summary>Their supervisor was restarted, and they are stopped.</summary>
    public void Clear() => _actors.Clear();
}
