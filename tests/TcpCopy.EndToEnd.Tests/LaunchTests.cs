using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>The ways to start: the demo, the first TCPCopy's own form, and configuration files alone.</summary>
public sealed class LaunchTests
{
    private const int Port = 8080;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_demo_loses_nothing_and_touches_nothing()
    {
        await using var lab = await LabNetwork.StartAsync();
        var before = await lab.Assistant.NetworkStateAsync();
        var demo = (await lab.Assistant.RunAsync(NodeProcess.Executable, "demo")).Checked();
        TestContext.Current.TestOutputHelper?.WriteLine(demo.Output);
        Assert.Matches(@"(?im)^.*\blost\b[^0-9]*\b0\b", demo.Output);
        Assert.Equal(before, await lab.Assistant.NetworkStateAsync());
    }

    [Fact]
    public async Task The_demo_with_a_page_stays_up_and_is_seen_from_outside_of_its_namespaces()
    {
        await using var lab = await LabNetwork.StartAsync();
        const string Page = "http://127.0.0.1:9640";
        await using var demo = lab.Assistant.Start(NodeProcess.Executable, "demo", "-n", "200", "--web", "127.0.0.1:9640");
        await demo.WaitForLineAsync($"the page is at {Page}", Bound);
        Assert.Contains("_framework/blazor.web", (await lab.Assistant.RunAsync("curl", "-sf", Page)).Checked().Output, StringComparison.Ordinal);
        var taken = await lab.Assistant.RunAsync(NodeProcess.Executable, "demo", "--web", "127.0.0.1:9640");
        Assert.Equal(2, taken.ExitCode);
        Assert.Contains("cannot listen on 127.0.0.1:9640", taken.Errors, StringComparison.Ordinal);

        demo.Signal(RunningProcess.SigTerm);
        var ended = (await demo.EndAsync(Bound)).Checked();
        Assert.Matches(@"(?im)^.*\blost\b[^0-9]*\b0\b", ended.Output);
    }

    [Fact]
    public async Task Ctrl_C_ends_a_demo_in_its_order_though_its_nodes_hear_it_too()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var demo = lab.Assistant.Start("setsid", NodeProcess.Executable, "demo", "-n", "20000", "--web", "127.0.0.1:9640");
        await demo.WaitForLineAsync("both nodes are ready", Bound);
        // What ended now would lose most of the requests; at the end it may lose none by chance.
        foreach (var node in ThreadFiles.ChildrenOf(demo.Id))
            RunningProcess.Signal(node, RunningProcess.SigInt);
        await demo.WaitForLineAsync("the page is at", Bound);

        // As a terminal does: to all processes of the group that the demo leads.
        RunningProcess.Signal(-demo.Id, RunningProcess.SigInt);
        var ended = (await demo.EndAsync(Bound)).Checked();
        Assert.Matches(@"(?im)^.*\blost\b[^0-9]*\b0\b", ended.Output);
    }

    [Fact]
    public async Task The_nodes_of_a_demo_that_is_killed_end_with_it()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var demo = lab.Assistant.Start(NodeProcess.Executable, "demo", "-n", "1000000");
        await demo.WaitForLineAsync("both nodes are ready", Bound);
        var nodes = ThreadFiles.ChildrenOf(demo.Id).ToList();
        Assert.Equal(2, nodes.Count);

        demo.Signal(RunningProcess.SigKill);
        try
        {
            await Wait.UntilAsync(() => nodes.TrueForAll(HasEnded), Bound, () => $"the end of processes {string.Join(", ", nodes)}");
        }
        finally
        {
            nodes.FindAll(node => !HasEnded(node)).ForEach(node => RunningProcess.Signal(node, RunningProcess.SigKill));
        }
    }

    [Fact]
    public async Task The_first_form_of_the_command_line_copies()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target);
        await using var copier = NodeProcess.Start(
            lab.Online, "tcpcopy: copier ready", lab.Online.Address, $"{Port}", lab.Target.Address, $"{Port}");
        await copier.WaitUntilReadyAsync();
        await Copying.AskAsync(lab, target, Port, requests: 100);
        Figures.Of(await copier.StopAsync()).AssertNothingLost(requests: 100);
    }

    [Fact]
    public async Task Nodes_start_from_configuration_files_alone()
    {
        using var scratch = new ScratchDirectory();
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        var interceptorFile = LabConfig.Write(scratch, "interceptor.conf");
        var copierFile = LabConfig.Write(scratch, "copier.conf");
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target, "--config", interceptorFile);
        await using var copier = await NodeProcess.StartCopierAsync(lab.Online, "--config", copierFile);
        await Copying.AskAsync(lab, target, Port, requests: 100);
        Figures.Of(await copier.StopAsync()).AssertNothingLost(requests: 100);
        await interceptor.StopAsync();
    }

    /// <summary>One that has ended stays as a zombie until its new parent asks for it.</summary>
    private static bool HasEnded(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/status").Contains("\nState:\tZ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }
}
