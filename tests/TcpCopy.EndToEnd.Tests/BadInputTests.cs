using System.Text.Json;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>What cannot work is refused: exit code 2, one clear line that names the value and the remedy, nothing started, nothing left behind.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly ScratchDirectory _scratch = new();
    private LabNetwork? _lab;

    private LabHost Online => _lab!.Online;

    public async ValueTask InitializeAsync() => _lab = await LabNetwork.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _scratch.Dispose();
        await _lab!.DisposeAsync();
    }

    [Theory]
    [InlineData("eighty", "copy", "-x", "eighty", "-s", "10.77.0.3")]
    [InlineData("8080-10.77.0.3", "copy", "-x", "8080-10.77.0.3", "-s", "10.77.0.3")]
    [InlineData("80800", "copy", "-x", "80800-10.77.0.3:8080", "-s", "10.77.0.3")]
    [InlineData("0-10.77.0.3:8080", "copy", "-x", "0-10.77.0.3:8080", "-s", "10.77.0.3")]
    [InlineData("10.77.0.2:8080", "copy", "-x", "8080-10.77.0.2:8080", "-s", "10.77.0.3")]
    [InlineData("nosuch0", "copy", "-x", "8080-10.77.0.3:8080", "-s", "10.77.0.3", "-i", "nosuch0")]
    [InlineData("tcp and nonsense", "copy", "-x", "8080-10.77.0.3:8080", "-s", "10.77.0.3", "-F", "tcp and nonsense")]
    [InlineData("-x", "copy", "-s", "10.77.0.3")]
    [InlineData("-s", "copy", "-x", "8080-10.77.0.3:8080")]
    [InlineData("70000", "intercept", "-p", "70000")]
    [InlineData("10.77.0.99", "intercept", "-b", "10.77.0.99")]
    [InlineData("10.77.0.2:x", "intercept", "-b", "10.77.0.2:x")]
    [InlineData("nowhere.conf", "intercept", "--config", "nowhere.conf")]
    [InlineData("frobnicate", "frobnicate")]
    [InlineData("--frobnicate", "intercept", "--frobnicate")]
    [InlineData("70000", "10.77.0.2", "70000", "10.77.0.3", "8080")]
    public async Task A_wrong_value_is_named(string value, params string[] words) => AssertRefused(await RefusedAsync(words), value);

    [Fact]
    public async Task As_JSON_a_refusal_is_an_object_too()
    {
        var line = AssertRefused(await RefusedAsync(["intercept", "-b", "10.77.0.99", "--log-format", "json"]), "10.77.0.99");
        using var document = JsonDocument.Parse(line);
        Assert.Equal("error", document.RootElement.GetProperty("level").GetString());
    }

    [Fact]
    public async Task A_user_without_rights_is_told_so()
    {
        // As nobody, in a place that nobody may read.
        _scratch.CopyForAll(Path.GetDirectoryName(NodeProcess.Executable)!, "public");
        foreach (var verb in Verbs)
            AssertRefused(await RefusedAsync("setpriv", ["--reuid", "65534", "--clear-groups", _scratch.At("public/tcpcopy"), .. verb]), "root");
    }

    [Fact]
    public async Task Root_without_its_capabilities_is_told_so()
    {
        foreach (var verb in Verbs)
            AssertRefused(await RefusedAsync("setpriv", ["--bounding-set", "-net_admin,-net_raw", NodeProcess.Executable, .. verb]), "NET_ADMIN");
    }

    [Fact]
    public async Task A_missing_nft_is_named_with_its_package()
    {
        // In a mount namespace of its own the place where nft is holds nothing.
        var hide = $"mount -t tmpfs none {Path.GetDirectoryName(await WhereIsAsync("nft"))}; exec \"$@\"";
        AssertRefused(await RefusedAsync("unshare", ["-m", "sh", "-c", hide, "sh", NodeProcess.Executable, "intercept"]), "nftables");
    }

    [Fact]
    public async Task A_missing_libpcap_is_named_with_its_package()
    {
        // In a mount namespace of its own the library is an empty file.
        const string Hide = "for file in $(readlink -f /usr/lib/*/libpcap.so* | sort -u); do mount --bind /dev/null $file; done; exec \"$@\"";
        foreach (var verb in Verbs)
            AssertRefused(await RefusedAsync("unshare", ["-m", "sh", "-c", Hide, "sh", NodeProcess.Executable, .. verb]), "libpcap0.8");
    }

    [Fact]
    public async Task A_broken_configuration_is_named_with_path_line_and_reason()
    {
        var path = _scratch.Write("broken.conf", "tcpcopy {\n  intercept {\n    ports = [8080\n  }\n");
        var line = AssertRefused(await RefusedAsync(["intercept", "--config", path]), path);
        Assert.Matches(@"\b[345]\b", line.Replace(path, "", StringComparison.Ordinal));
    }

    [Fact]
    public async Task All_unknown_settings_are_named_at_once()
    {
        var path = _scratch.Write("unknown.conf", "tcpcopy.intercept.prots = [8080]\ntcpcopy.nod.port = 1\ntcpcopy.intercept.dscp = 64\n");
        var refused = await RefusedAsync(["intercept", "--config", path]);
        Assert.Equal(2, refused.ExitCode);
        Assert.All(
            ["tcpcopy.intercept.prots", "tcpcopy.nod", "tcpcopy.intercept.dscp"],
            name => Assert.Contains(name, refused.Errors, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_interceptor_on_the_same_address_is_refused_and_the_first_goes_on()
    {
        await using var first = await NodeProcess.StartInterceptorAsync(_lab!.Target, "-p", "8080");
        var state = await _lab.Target.NetworkStateAsync();
        AssertRefused(await _lab.Target.RunAsync(NodeProcess.Executable, "intercept", "-p", "9090"), "10.77.0.3:36524");
        Assert.Equal(state, await _lab.Target.NetworkStateAsync());
        await using var copier = await NodeProcess.StartCopierAsync(Online, "-x", "8080-10.77.0.3:8080", "-s", "10.77.0.3");
        await copier.StopAsync();
        await first.StopAsync();
    }

    [Fact]
    public async Task An_interceptor_that_cannot_be_reached_is_sought_on_and_on()
    {
        var before = await Online.NetworkStateAsync();
        await using var copier = NodeProcess.Start(Online, "tcpcopy: copier ready", "copy", "-x", "8080-10.77.0.3:8080", "-s", "10.77.0.3");
        await Wait.UntilAsync(
            () => copier.Process.HasExited || Mentions(copier.Process.Errors, "10.77.0.3:36524") >= 2,
            Bound,
            () => "two lines that name the interceptor: " + copier.Process.Describe());
        Assert.False(copier.Process.HasExited, copier.Process.Describe());
        Assert.DoesNotContain("ready", copier.Process.Output, StringComparison.Ordinal);

        // It comes late, and all is well.
        await using var interceptor = await NodeProcess.StartInterceptorAsync(_lab!.Target);
        await copier.WaitUntilReadyAsync();
        await copier.StopAsync();
        Assert.Equal(before, await Online.NetworkStateAsync());
    }

    [Fact]
    public async Task A_node_reached_under_another_name_is_told_how_to_mend_it()
    {
        // The target is known to the online host by an address that is translated on the way.
        (await _lab!.Target.RunAsync("ip", "address", "add", "10.77.0.33/24", "dev", "eth0")).Checked();
        const string Translation =
            "add table ip nat; add chain ip nat before { type nat hook prerouting priority -100; }; " +
            "add rule ip nat before ip daddr 10.77.0.33 dnat to 10.77.0.3";
        (await _lab.Target.RunAsync("nft", Translation)).Checked();
        await using var interceptor = await NodeProcess.StartInterceptorAsync(_lab.Target, "-b", "10.77.0.3");
        await using var copier = NodeProcess.Start(Online, "tcpcopy: copier ready", "copy", "-x", "8080-10.77.0.33:8080", "-s", "10.77.0.33");
        await copier.Process.WaitForLineAsync("no interceptor at 10.77.0.33:36524 yet", Bound);
        await copier.Process.WaitForLineAsync("announcing that address (-b)", Bound);
        await interceptor.Process.WaitForLineAsync("start this node with -b 10.77.0.33:36524", Bound);
    }

    private async Task<string> WhereIsAsync(string command) =>
        (await Online.RunAsync("sh", "-c", $"readlink -f $(command -v {command})")).Checked().Output;

    private static string[][] Verbs => [["copy", "-x", "8080-10.77.0.3:8080", "-s", "10.77.0.3"], ["intercept"]];

    private Task<ProcessResult> RefusedAsync(string[] words) => RefusedAsync(NodeProcess.Executable, words);

    private async Task<ProcessResult> RefusedAsync(string command, string[] words)
    {
        var before = await Online.NetworkStateAsync();
        var result = await Online.RunAsync(command, words);
        Assert.Equal(before, await Online.NetworkStateAsync());
        return result;
    }

    // The line, for a closer look.
    private static string AssertRefused(ProcessResult result, string named)
    {
        Assert.True(result.ExitCode == 2, $"exit code {result.ExitCode}: {result.Command}\n{result.Output}\n{result.Errors}");
        Assert.Empty(result.Output);
        var line = Assert.Single(result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(named, line, StringComparison.Ordinal);
        return line;
    }

    private static int Mentions(string text, string name) => text.Split('\n').Count(line => line.Contains(name, StringComparison.Ordinal));
}
