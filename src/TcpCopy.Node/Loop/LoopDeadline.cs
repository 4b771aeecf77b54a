using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Loop;

/// <summary>Something that a loop does at a time: it has at most one place in the loop's heap. Loop thread only.</summary>
public abstract class LoopDeadline
{
    /// <summary>Its place in the heap: when it is looked at next. <see cref="Instant.Never"/> when it has none.</summary>
    public Instant Due { get; internal set; } = Instant.Never;

    internal int HeapIndex { get; set; } = -1;

    internal abstract void Fire();

    /// <summary>Whether it was put off since it took its place: then it takes its new one, or none.</summary>
    internal virtual bool MovesOn() => false;
}
