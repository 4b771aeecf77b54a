using System.Text.Json;
using TcpCopy.Testing.Processes;

namespace TcpCopy.Testing.Lab;

/// <summary>What a connection or an upload carried, as the programs of TcpCopy.TestTraffic tell it.</summary>
/// <param name="What">"connection", "hasty" (spoke before the greeting), "client", or the path of an upload.</param>
/// <param name="Bytes">Payload bytes.</param>
/// <param name="Sha256">Of these bytes, in order.</param>
/// <param name="IsWhole">Whether it came to its proper end.</param>
public sealed record TrafficRecord(string What, long Bytes, string Sha256, bool IsWhole)
{
    /// <summary>What connections carried, in an order that does not depend on when they ended.</summary>
    public static IEnumerable<string> Contents(IEnumerable<TrafficRecord> records) =>
        records.Select(record => $"{record.Bytes} {record.Sha256} {record.IsWhole}").Order();
}

/// <summary>A purpose-made server on a host of the lab that tells what each client sent it.</summary>
public sealed class TrafficServer : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly RunningProcess _process;

    private TrafficServer(RunningProcess process) => _process = process;

    /// <summary>Beside the test, where the build puts what a test project refers to.</summary>
    public static string Program => Path.Combine(AppContext.BaseDirectory, "TcpCopy.TestTraffic");

    /// <summary>Connections or uploads that ended so far.</summary>
    public IReadOnlyList<TrafficRecord> Records => RecordsIn(_process.Output);

    /// <param name="protocol">echo, greet or upload.</param>
    public static Task<TrafficServer> StartAsync(LabHost host, string protocol, int port) => StartAsync(host.Start(Program, protocol, $"{port}"));

    /// <summary>A web server that answers each request after a while, and every <paramref name="wrongEvery"/>th numbered path with an error.</summary>
    /// <param name="host">Where it runs.</param>
    /// <param name="port">Where it listens.</param>
    /// <param name="milliseconds">From a request to the answer's first byte.</param>
    /// <param name="wrongEvery">/page?i=N is answered 404 where N is a multiple of it, and of these every second 500; 0: none.</param>
    public static Task<TrafficServer> StartHttpAsync(LabHost host, int port, int milliseconds, int wrongEvery = 0) =>
        StartAsync(host.Start(Program, "http", $"{port}", $"{milliseconds}", $"{wrongEvery}"));

    /// <summary>Runs clients of an echo server on a host and returns what each of them sent; all of it came back.</summary>
    public static async Task<IReadOnlyList<TrafficRecord>> TalkAsync(LabHost host, LabHost server, int port, TalkPlan plan)
    {
        string[] words = ["talk", server.Address, $"{port}", $"{plan.Clients}", $"{plan.Messages}", $"{plan.Bytes}"];
        var result = await host.RunAsync(Program, plan.IsGreeted ? [.. words, "greeted"] : words);
        return RecordsIn(result.Checked().Output);
    }

    /// <summary>Runs clients of an echo server that each have a habit of their own: a shut window, probes, a reset, one port again and again.</summary>
    /// <returns>What each of them sent; all of it came back.</returns>
    public static async Task<IReadOnlyList<TrafficRecord>> BeAwkwardAsync(LabHost host, LabHost server, int port) =>
        RecordsIn((await host.RunAsync(Program, "awkward", server.Address, $"{port}")).Checked().Output);

    /// <summary>
    /// Starts clients of a web server that ask at a steady rate, each on a connection of its own, until each has asked <paramref name="requests"/> times or
    /// all are told to end (<see cref="RunningProcess.SigTerm"/>).
    /// </summary>
    /// <param name="host">Where they run.</param>
    /// <param name="server">Asked for /page.</param>
    /// <param name="port">Of the server.</param>
    /// <param name="clients">How many.</param>
    /// <param name="rate">Requests a second of each.</param>
    /// <param name="requests">Of each.</param>
    public static RunningProcess Ask(LabHost host, LabHost server, int port, int clients, int rate, int requests) =>
        host.Start(Program, "ask", server.Address, $"{port}", $"{clients}", $"{rate}", $"{requests}");

    /// <summary>Waits until <paramref name="count"/> connections or uploads have ended.</summary>
    public Task WaitForRecordsAsync(int count, TimeSpan bound) =>
        Wait.UntilAsync(() => Records.Count >= count, bound, () => $"{count} records; there are {Records.Count}: {_process.Describe()}");

    /// <summary>Stops the server where it stands: its kernel goes on taking bytes until the receive buffer is full.</summary>
    public void Pause() => _process.Signal(RunningProcess.SigStop);

    public void Resume() => _process.Signal(RunningProcess.SigCont);

    public async ValueTask DisposeAsync()
    {
        Resume();
        await _process.DisposeAsync();
    }

    private static Task<TrafficServer> StartAsync(RunningProcess process) =>
        new TrafficServer(process).StartedAsync(_ => process.WaitForLineAsync("listening", Bound));

    private static TrafficRecord[] RecordsIn(string output) =>
        [.. output.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonSerializer.Deserialize<TrafficRecord>(line)!)];
}

/// <summary>What the clients of an echo server do.</summary>
/// <param name="Clients">Connections, all open together.</param>
/// <param name="Messages">Sent on each, one after the other's echo.</param>
/// <param name="Bytes">Largest message; sizes vary from half of it up.</param>
/// <param name="IsGreeted">Whether the server speaks first.</param>
public sealed record TalkPlan(int Clients, int Messages, int Bytes, bool IsGreeted = false);
