using Akka.Actor;
using TcpCopy.Contracts.Messages;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>Lets a thread wait for batches that an actor takes.</summary>
internal sealed class TakenBatches : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly ManualResetEventSlim _reached = new();
    private long _bytes;
    private long _wanted = long.MaxValue;

    /// <summary>Bytes of entries.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public void Take(ReplyBatch batch)
    {
        if (Interlocked.Add(ref _bytes, batch.Entries.Length) >= Volatile.Read(ref _wanted))
            _reached.Set();
    }

    /// <summary>Does something that brings batches about, and waits until so many bytes of entries came, counted from the beginning.</summary>
    public void Await(long bytes, Action cause)
    {
        _reached.Reset();
        Volatile.Write(ref _wanted, bytes);
        cause();
        if (!_reached.Wait(Bound))
            throw new TimeoutException($"{Bytes} of {bytes} bytes of entries came");
    }

    public void Dispose() => _reached.Dispose();
}

/// <summary>Stands where a copier's shard would, and takes replies.</summary>
internal sealed class SwallowingShard(TakenBatches taken) : UntypedActor
{
    protected override void OnReceive(object message)
    {
        if (message is ReplyBatch batch)
        {
            taken.Take(batch);
            batch.Release();
        }
    }
}
