using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>Nodes among strangers: who is no node of the cluster is refused and named, and copying goes on as if nobody had knocked.</summary>
public sealed class SecurityTests : IDisposable
{
    private const int Port = 8080;
    private const int ClusterPort = 36524;
    private const string Refused = "no connection with 10.77.0.4: ";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly string Knocked = $"10.77.0.3:{ClusterPort}";

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Copying_over_TLS_loses_nothing_whoever_knocks()
    {
        await using var lab = await LabNetwork.StartAsync();
        using var files = await ClusterFiles.MakeAsync(lab.Online);
        using var others = await ClusterFiles.MakeAsync(lab.Online);
        files.Forge("late", "copier.tcpcopy", DateTimeOffset.Now.AddSeconds(-1));
        files.Forge("web", "www.tcpcopy", DateTimeOffset.Now.AddDays(1));

        await CopyWhileAsync(lab, files.Settings("test"), files.Settings("shop"), async interceptor =>
        {
            await KnockAsync(lab, RandomBytes());
            await interceptor.WaitForLineAsync(Refused + "it does not speak TLS", Bound);
            await lab.Assistant.RunAsync("curl", "-s", "-m", "5", $"http://{Knocked}/");
            await RequestAsync(lab, []);
            await interceptor.WaitForLineAsync(Refused + "it shows no certificate", Bound);
            await RequestAsync(lab, ShowingOf(others, "shop"));
            await interceptor.WaitForLineAsync(Refused + "its certificate 'shop' is not of this cluster's authority", Bound);
            await RequestAsync(lab, ShowingOf(files, "late"));
            await interceptor.WaitForLineAsync(Refused + "its certificate 'late' expired on", Bound);
            await RequestAsync(lab, ShowingOf(files, "web"));
            await interceptor.WaitForLineAsync(Refused + "its certificate 'web' is no node's", Bound);
        });
    }

    [Fact]
    public async Task Copying_in_the_clear_loses_nothing_whoever_knocks()
    {
        await using var lab = await LabNetwork.StartAsync();
        var empty = _scratch.Write("empty.conf", "");

        await CopyWhileAsync(lab, empty, empty, async interceptor =>
        {
            await KnockAsync(lab, RandomBytes());
            await interceptor.WaitForLineAsync(Refused + "it sends what is no message of a node", Bound);
            await lab.Assistant.RunAsync("curl", "-s", "-m", "5", $"http://{Knocked}/");
            await RequestAsync(lab, []);
            await interceptor.WaitForLineAsync(Refused + "it speaks TLS, and this node does not", Bound);

            // A type that JSON would be made an object of, if nodes took any.
            var bait = ForeignPeer.Message(
                Knocked, serializer: 1, "System.IO.FileInfo", """{"$type":"System.IO.FileInfo, System.Private.CoreLib","fileName":"/bait"}""");
            var path = _scratch.At("bait");
            await File.WriteAllBytesAsync(path, bait);
            await using var stranger = lab.Assistant.Start("socat", "-u", $"OPEN:{path},rdonly,ignoreeof", $"TCP:{Knocked}");
            await interceptor.WaitForLineAsync("for 'System.IO.FileInfo' refused: nodes take none", Bound);
        });
    }

    [Fact]
    public async Task A_copier_of_another_cluster_or_of_none_is_not_linked_and_one_of_this_cluster_is()
    {
        await using var lab = await LabNetwork.StartAsync();
        using var files = await ClusterFiles.MakeAsync(lab.Online);
        using var others = await ClusterFiles.MakeAsync(lab.Online);
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target, "--config", files.Settings("test"));
        string[] words = ["copy", .. NodeProcess.CopyTo(lab.Target, Port)];

        await using (var stranger = NodeProcess.Start(lab.Online, "ready", [.. words, "--config", others.Settings("shop")]))
        {
            await stranger.Process.WaitForLineAsync("no connection with 10.77.0.3: its certificate 'test' is not of this cluster's authority", Bound);
            await interceptor.Process.WaitForLineAsync("no connection with 10.77.0.2: its certificate 'shop' is not of this cluster's authority", Bound);
            Assert.DoesNotContain("ready", stranger.Process.Output, StringComparison.Ordinal);
        }
        await using (var plain = NodeProcess.Start(lab.Online, "ready", words))
        {
            await interceptor.Process.WaitForLineAsync("no connection with 10.77.0.2: it does not speak TLS", Bound);
            Assert.DoesNotContain("ready", plain.Process.Output, StringComparison.Ordinal);
        }
        await using var copier = await NodeProcess.StartCopierAsync(lab.Online, [.. words[1..], "--config", files.Settings("shop")]);
        await copier.StopAsync();
        await interceptor.StopAsync();
    }

    [Fact]
    public async Task What_would_leave_a_node_alone_or_open_is_refused_at_its_start()
    {
        await using var lab = await LabNetwork.StartAsync();
        using var files = await ClusterFiles.MakeAsync(lab.Target);
        files.Forge("late", "interceptor.tcpcopy", DateTimeOffset.Now.AddSeconds(-1));
        (await lab.Target.RunAsync("ip", "address", "add", "203.0.113.3/24", "dev", "eth0")).Checked();

        await AssertRefusedAsync("no.crt: there is no such file", "-b", lab.Target.Address, "--config", files.Settings("no", key: "test"));
        await AssertRefusedAsync("does not belong to the certificate", "-b", lab.Target.Address, "--config", files.Settings("test", key: "shop"));
        await AssertRefusedAsync("'late' expired on", "-b", lab.Target.Address, "--config", files.Settings("late"));
        await AssertRefusedAsync("that of a copier, and this node is an interceptor", "-b", lab.Target.Address, "--config", files.Settings("shop"));
        await AssertRefusedAsync("203.0.113.3 is a public address", "-b", "203.0.113.3");

        var insecure = _scratch.Write("insecure.conf", "tcpcopy.tls.insecure = on");
        await using var open = await NodeProcess.StartInterceptorAsync(lab.Target, "-b", "203.0.113.3", "--config", insecure);
        await open.Process.WaitForLineAsync("the cluster port at 203.0.113.3 is open to whoever reaches it", Bound);
        await open.StopAsync();

        async Task AssertRefusedAsync(string reason, params string[] words)
        {
            var before = await lab.Target.NetworkStateAsync();
            var result = await lab.Target.RunAsync(NodeProcess.Executable, ["intercept", .. words]);
            Assert.Equal(2, result.ExitCode);
            Assert.Contains(reason, Assert.Single(result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
            Assert.Equal(before, await lab.Target.NetworkStateAsync());
        }
    }

    [Fact]
    public async Task A_target_that_is_not_allowed_is_not_served_and_nothing_is_done_about_its_port()
    {
        await using var lab = await LabNetwork.StartAsync();
        var settings = _scratch.Write("allowed.conf", "tcpcopy.intercept.allowed-targets = [\"10.77.0.3:8080\"]");
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target, "--config", settings);
        await using (var copier = NodeProcess.Start(lab.Online, "ready", "copy", "-x", "8080-10.77.0.3:22", "-s", "10.77.0.3"))
        {
            await copier.Process.WaitForLineAsync("target 10.77.0.3:22 is not among those that may be copied to (10.77.0.3:8080)", Bound);
            await copier.StopAsync();
        }
        Assert.DoesNotContain("22", (await lab.Target.RunAsync("nft", "list", "table", "inet", "tcpcopy")).Checked().Output, StringComparison.Ordinal);

        await using var allowed = await NodeProcess.StartCopierAsync(lab.Online, "-x", "8080-10.77.0.3:8080", "-s", "10.77.0.3");
        await allowed.StopAsync();
        await interceptor.StopAsync();
    }

    /// <summary>Copies what clients ask from start to end while <paramref name="meanwhile"/> runs: all of it arrives.</summary>
    private static async Task CopyWhileAsync(LabNetwork lab, string ofInterceptor, string ofCopier, Func<RunningProcess, Task> meanwhile)
    {
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target, "--config", ofInterceptor);
        await using var copier = await NodeProcess.StartCopierAsync(lab.Online, [.. NodeProcess.CopyTo(lab.Target, Port), "--config", ofCopier]);

        await using var load = TrafficServer.Ask(lab.Client, lab.Online, Port, clients: 10, rate: 40, requests: 100_000);
        await target.WaitForAccessesAsync(400, Bound);
        await meanwhile(interceptor.Process);
        await load.StopAsync(Bound);
        var requests = online.Accesses().Count;
        await target.WaitForAccessesAsync(requests, Bound);

        Figures.Of(await copier.StopAsync()).AssertNothingLost(requests);
        Assert.Equal(requests, target.Accesses().Count(access => access.IsComplete));
        await interceptor.StopAsync();
    }

    private async Task KnockAsync(LabNetwork lab, byte[] bytes)
    {
        var path = _scratch.At("knock");
        await File.WriteAllBytesAsync(path, bytes);
        await lab.Assistant.RunAsync("socat", "-u", $"OPEN:{path},rdonly", $"TCP:{Knocked}");
    }

    private static Task<ProcessResult> RequestAsync(LabNetwork lab, string[] showing) =>
        lab.Assistant.RunAsync("curl", ["-sk", "-m", "5", .. showing, $"https://{Knocked}/"]);

    private static string[] ShowingOf(ClusterFiles files, string name) => ["--cert", files.At(name + ".crt"), "--key", files.At(name + ".key")];

    private static byte[] RandomBytes()
    {
        var bytes = new byte[1000];
        new Random(36524).NextBytes(bytes);
        return bytes;
    }
}
