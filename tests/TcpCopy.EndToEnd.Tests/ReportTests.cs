using System.Text.Json;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>The online host against a target that is known to be slower, and to answer differently.</summary>
public sealed class ReportTests
{
    private const int Port = 8080;
    private const int Clients = 10;
    private const int RequestsEach = 30;
    private const int Requests = Clients * RequestsEach;
    private const int Delay = 100;
    private const int WrongEvery = 10;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_report_shows_how_much_slower_the_target_is_and_every_answer_with_another_code()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await TrafficServer.StartHttpAsync(lab.Online, Port, milliseconds: 0);
        await using var target = await TrafficServer.StartHttpAsync(lab.Target, Port, Delay, WrongEvery);
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target);
        await using var copier = await NodeProcess.StartCopierAsync(lab.Online, [.. NodeProcess.CopyTo(lab.Target, Port), "--compare"]);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => AskAsync(lab, first: 1 + client * RequestsEach)));
        var live = await WaitForAllAsync(lab);
        AssertShows(live);

        using var directory = new ScratchDirectory();
        var summary = directory.Write("summary.json", (await copier.StopAsync()).GetRawText());
        await interceptor.StopAsync();
        AssertShows(await ReportAsync(lab, summary));
        var text = (await lab.Online.RunAsync(NodeProcess.Executable, "report", summary)).Checked().Output;
        Assert.Contains($"{Requests} requests that both answered", text, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        (await lab.Online.RunAsync(NodeProcess.Executable, "report", summary, "--html", directory.At("report.html"))).Checked();
        var page = await File.ReadAllTextAsync(directory.At("report.html"));
        Assert.Contains("<svg", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>One after the other on one connection, each path with a number of its own.</summary>
    private static async Task AskAsync(LabNetwork lab, int first)
    {
        var url = lab.Online.Url(Port, $"/page?i=[{first}-{first + RequestsEach - 1}]");
        (await lab.Client.RunAsync("curl", "-s", "-o", "/dev/null", url)).Checked();
    }

    private static async Task<JsonElement> WaitForAllAsync(LabNetwork lab)
    {
        var report = default(JsonElement);
        await Wait.UntilAsync(
            async () => Number(report = await ReportAsync(lab, "127.0.0.1"), "requests", "compared") == Requests,
            Bound,
            () => $"{Requests} compared requests in {report}");
        return report;
    }

    private static async Task<JsonElement> ReportAsync(LabNetwork lab, string source)
    {
        using var answer = JsonDocument.Parse((await lab.Online.RunAsync(NodeProcess.Executable, "report", source, "--json")).Checked().Output);
        return answer.RootElement.Clone();
    }

    private static void AssertShows(JsonElement report)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{report}");
        Assert.Equal(Requests, Number(report, "requests", "compared"));
        Assert.Equal(0, Number(report, "requests", "onlineAlone") + Number(report, "requests", "targetAlone") + Number(report, "requests", "unanswered"));
        AssertDelayed(report, "firstByte", Delay);
        AssertDelayed(report, "lastByte", 2 * Delay);

        var statuses = report.GetProperty("comparison").GetProperty("statuses").EnumerateArray()
            .ToDictionary(pair => (Of(pair, "online"), Of(pair, "target")), pair => Of(pair, "requests"));
        var wrong = Enumerable.Range(1, Requests).Where(number => number % WrongEvery == 0).ToList();
        var failed = wrong.Count(number => number / WrongEvery % 2 == 0);
        Assert.Equal(
            new Dictionary<(int, int), int> { [(200, 200)] = Requests - wrong.Count, [(200, 404)] = wrong.Count - failed, [(200, 500)] = failed },
            statuses);
        Assert.NotEmpty(report.GetProperty("comparison").GetProperty("slowest").EnumerateArray());
    }

    private static int Of(JsonElement part, string name) => part.GetProperty(name).GetInt32();

    private static void AssertDelayed(JsonElement report, string what, int milliseconds)
    {
        var (online, target) = (Median(report, "online", what), Median(report, "target", what));
        Assert.InRange(1000 * (target - online), 0.9 * milliseconds, 1.1 * milliseconds);
    }

    private static double Median(JsonElement report, string side, string what) =>
        report.GetProperty("comparison").GetProperty(side).GetProperty(what).GetProperty("p50").GetDouble();

    private static long Number(JsonElement report, string part, string name) =>
        report.GetProperty("comparison").GetProperty(part).GetProperty(name).GetInt64();
}
