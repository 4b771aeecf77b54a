using System.Diagnostics;
using System.Globalization;
using TcpCopy.Benchmarks.Lab;
using TcpCopy.Copier.Sessions;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>What a million open sessions take in one shard, each of which has asked once and is answered.</summary>
internal static class SessionMemory
{
    private const int Sessions = 1_000_000;

    /// <summary>Opened together: well within the second after which a handshake is tried again.</summary>
    private const int Wave = 5_000;

    /// <summary>Longer than an acknowledgement is put off: every session is at rest by then.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    public static Task<object> RunAsync(ScenarioOptions options) => Task.FromResult<object>(Measure(Sessions));

    public static SessionMemoryResult Measure(int sessions)
    {
        using var stage = new ShardStage(sessions);
        var first = OpenOne(stage);
        var second = OpenOne(stage);
        var before = HeldMemory.Read();
        var begin = Stopwatch.GetTimestamp();
        for (var left = sessions - 2; left > 0; left -= Wave)
            stage.Open(Math.Min(left, Wave));
        var opening = Stopwatch.GetElapsedTime(begin);
        Thread.Sleep(Rest);
        stage.OnLoop(() => true);
        var after = HeldMemory.Read();
        var result = new SessionMemoryResult(sessions, opening, before, after, SessionObjects.Of(first, second));
        result.Print();
        return result;
    }

    private static SessionEntry OpenOne(ShardStage stage)
    {
        stage.Open(1);
        Thread.Sleep(Rest);
        return stage.OnLoop(() => (SessionEntry)stage.Sender.LastTag!);
    }
}

/// <summary>Memory of this process, with no garbage in it.</summary>
/// <param name="Heap">Bytes of live objects.</param>
/// <param name="Resident">Bytes resident (VmRSS).</param>
internal readonly record struct HeldMemory(long Heap, long Resident)
{
    public static HeldMemory Read()
    {
        // Aggressive: what is free is given back, so that the resident memory tells something.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return new HeldMemory(GC.GetTotalMemory(forceFullCollection: false), Environment.WorkingSet);
    }
}

/// <summary>What sessions take.</summary>
/// <param name="Sessions">How many there are.</param>
/// <param name="Opening">How long it took to open them all.</param>
/// <param name="Before">With two of them.</param>
/// <param name="After">With all.</param>
/// <param name="Objects">What one of them holds alone, by type.</param>
internal sealed record SessionMemoryResult(
    int Sessions, TimeSpan Opening, HeldMemory Before, HeldMemory After, IReadOnlyList<ObjectShare> Objects)
{
    public double HeapBytesEach => (double)(After.Heap - Before.Heap) / (Sessions - 2);

    public double ResidentBytesEach => (double)(After.Resident - Before.Resident) / (Sessions - 2);

    public long OwnBytes => Objects.Sum(share => share.Bytes);

    public void Print()
    {
        Figure.Print($"{Sessions} sessions of one shard, each asked and answered once", [
        [
            new("bytes a session on the heap", "0", HeapBytesEach),
            new("of them in its own objects", "0", OwnBytes),
            new("in tables, child lists, timers", "0", HeapBytesEach - OwnBytes),
            new("bytes a session resident", "0", ResidentBytesEach),
            new("MB resident before", "0.0", Before.Resident / 1e6),
            new("MB resident with them", "0.0", After.Resident / 1e6),
            new("us a session to open", "0.0", Opening.TotalMicroseconds / Sessions),
        ]]);
        foreach (var share in Objects)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {share.Bytes,6} B {share.Count,4} x {share.Type}"));
    }
}
