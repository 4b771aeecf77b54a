using System.Collections.Concurrent;
using System.Diagnostics.Tracing;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>Samples what this process allocates, by type: the runtime tells of one object in every 100 KB or so.</summary>
internal sealed class AllocationWatch : EventListener
{
    private const int GarbageCollection = 0x1;
    private const string RuntimeSource = "Microsoft-Windows-DotNETRuntime";

    private readonly ConcurrentDictionary<string, long> _bytes = new();

    /// <summary>Bytes allocated by type since the watch began, the largest first.</summary>
    public IReadOnlyList<(string Type, long Bytes)> Read() => [.. _bytes.Select(pair => (pair.Key, pair.Value)).OrderByDescending(pair => pair.Value)];

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == RuntimeSource)
            EnableEvents(eventSource, EventLevel.Verbose, (EventKeywords)GarbageCollection);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) != true)
            return;
        var type = (string)eventData.Payload![eventData.PayloadNames!.IndexOf("TypeName")]!;
        var bytes = Convert.ToInt64(eventData.Payload[eventData.PayloadNames.IndexOf("AllocationAmount64")], System.Globalization.CultureInfo.InvariantCulture);
        _bytes.AddOrUpdate(type, bytes, (_, sum) => sum + bytes);
    }
}
