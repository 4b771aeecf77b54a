using System.Text.Json;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>One run of a workload, with the copier or without.</summary>
/// <param name="Online">Requests that the online server answered.</param>
/// <param name="RequestsPerSecond">As the load's tool counted.</param>
/// <param name="TailMilliseconds">99th percentile of what the clients waited.</param>
/// <param name="OnlineServer">Processor time of the online server.</param>
/// <param name="Copy">What copying did and cost; null for a run without.</param>
internal sealed record RunResult(long Online, double RequestsPerSecond, double TailMilliseconds, TimeSpan OnlineServer, CopyResult? Copy);

/// <summary>What copying did and cost in a run.</summary>
/// <param name="Target">Requests that the target answered.</param>
/// <param name="Copier">Processor time of the copier, from the load's first to the target's last request.</param>
/// <param name="Interceptor">The same of the interceptor.</param>
/// <param name="Start">What both had taken before.</param>
/// <param name="Summaries">What the two said at their end.</param>
internal sealed record CopyResult(long Target, TimeSpan Copier, TimeSpan Interceptor, TimeSpan Start, NodeSummaries Summaries);

/// <summary>The files that nodes write with <c>--summary</c>.</summary>
internal sealed record NodeSummaries(JsonElement Copier, JsonElement Interceptor)
{
    public long Allocated => Process(Copier, "allocatedBytes") + Process(Interceptor, "allocatedBytes");

    public long CopierCollections => Process(Copier, "collections");

    public long InterceptorCollections => Process(Interceptor, "collections");

    public double CopierMegabytes => Process(Copier, "peakMemoryBytes") / 1e6;

    public double InterceptorMegabytes => Process(Interceptor, "peakMemoryBytes") / 1e6;

    public long MissedBeginnings => Copier.GetProperty("capture").GetProperty("missedBeginnings").GetInt64();

    public long Dropped => Copier.GetProperty("capture").GetProperty("dropped").GetInt64();

    public long Retransmissions => Copier.GetProperty("send").GetProperty("retransmissions").GetInt64();

    public long SessionsSeen => Copier.GetProperty("sessions").GetProperty("seen").GetInt64();

    public long SessionsEnded => Copier.GetProperty("sessions").GetProperty("ended").EnumerateObject().Sum(outcome => outcome.Value.GetInt64());

    public long RequestsCaptured => Requests("captured");

    public long RequestsAcknowledged => Requests("acknowledged");

    public long RequestsLost => Requests("lost");

    public long BytesLost => Copier.GetProperty("bytes").GetProperty("lost").GetInt64();

    /// <summary>"shed 12, capture-gap 3", or "-".</summary>
    public string LostByCause => Listed(Copier.GetProperty("requests").GetProperty("lostByCause"));

    /// <summary>"replayed 17000, shed 12", or "-".</summary>
    public string EndedByOutcome => Listed(Copier.GetProperty("sessions").GetProperty("ended"));

    private static string Listed(JsonElement counts) =>
        string.Join(", ", counts.EnumerateObject().Select(count => $"{count.Name} {count.Value}")) is { Length: > 0 } text ? text : "-";

    private long Requests(string name) => Copier.GetProperty("requests").GetProperty(name).GetInt64();

    private static long Process(JsonElement node, string name) => node.GetProperty("process").GetProperty(name).GetInt64();
}
