using TcpCopy.Core.Wire;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>What a sent segment is for.</summary>
internal enum SentKind
{
    Syn,
    Payload,
    Other,
}

/// <summary>A sender that counts what it is given and sends nothing. One other thread may wait for it.</summary>
internal sealed class SwallowingSender : IFrameSender
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly long[] _sent = new long[Enum.GetValues<SentKind>().Length];
    private readonly ManualResetEventSlim _reached = new();
    private SentKind _kind;
    private long _wanted = long.MaxValue;

    public SendCounters Counters { get; } = new();

    /// <summary>The session that sent last.</summary>
    public object? LastTag { get; private set; }

    public void Queue(in FlowKey replica, in OutgoingSegment segment, object? tag)
    {
        _sent[(int)KindOf(segment)]++;
        LastTag = tag;
    }

    public void Flush()
    {
        if (_sent[(int)_kind] < Volatile.Read(ref _wanted))
            return;
        Volatile.Write(ref _wanted, long.MaxValue);
        _reached.Set();
    }

    public long Sent(SentKind kind) => Volatile.Read(ref _sent[(int)kind]);

    /// <summary>Does something that makes the sessions send, and waits until they have sent so many of a kind, counted from the beginning.</summary>
    public void Await(SentKind kind, long count, Action cause)
    {
        _reached.Reset();
        _kind = kind;
        Volatile.Write(ref _wanted, count);
        cause();
        if (!_reached.Wait(Bound))
            throw new TimeoutException($"{Sent(kind)} of {count} segments ({kind}) were sent");
    }

    public void Dispose() => _reached.Dispose();

    private static SentKind KindOf(in OutgoingSegment segment) =>
        segment.Flags.Has(TcpFlags.Syn) ? SentKind.Syn : segment.Length > 0 ? SentKind.Payload : SentKind.Other;
}
