using System.Net;
using System.Net.Sockets;
using Microsoft.Playwright;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>The web page, in a browser, of nodes that copy.</summary>
public sealed class WebTests
{
    private const int Port = 8080;
    private const int PhoneWidth = 390;
    private const string Origin = "http://127.0.0.1:9637";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_page_shows_live_figures_and_finds_a_session_at_any_width_and_in_both_colours()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await NginxServer.StartAsync(lab.Online, Port);
        await using var target = await NginxServer.StartAsync(lab.Target, Port);
        await using var interceptor = await NodeProcess.StartInterceptorAsync(lab.Target);
        await using var copier = await NodeProcess.StartCopierAsync(lab.Online, [.. NodeProcess.CopyTo(lab.Target, Port), "--compare"]);
        await using var kept = lab.Client.Start("hey", "-z", "300s", "-c", "10", "-q", "20", lab.Online.Url(Port));
        await using var opened = lab.Client.Start("hey", "-z", "300s", "-c", "2", "-q", "10", "-disable-keepalive", lab.Online.Url(Port));
        await using var web = lab.Online.Start(NodeProcess.Executable, "web");
        await web.WaitForLineAsync($"tcpcopy: page at {Origin}", Bound);
        await using var browser = await PageBrowser.StartAsync(lab.Online, Origin);

        await AssertFiguresMoveAsync(browser, lab);
        await AssertFindsSessionAsync(browser);
        await AssertSwitchesColoursAsync(browser);
        await AssertFitsPhoneAsync(browser);
        Assert.Empty(browser.Faults);

        // Production hosts carry none of the page.
        foreach (var part in new[] { "/MudBlazor.dll", "/Microsoft.AspNetCore.Components.dll", "/TcpCopy.Web.dll" })
        {
            Assert.Contains(part, web.Maps(), StringComparison.Ordinal);
            Assert.DoesNotContain(part, copier.Process.Maps(), StringComparison.Ordinal);
        }

        await browser.OpenAsync("/");
        await copier.StopAsync();
        Assert.Contains("does not answer", await browser.TextAsync(".fault"), StringComparison.Ordinal);
        await web.StopAsync(Bound);
        await interceptor.StopAsync();
    }

    [Fact]
    public async Task The_page_is_served_beyond_loopback_to_those_alone_who_have_its_token()
    {
        await using var lab = await LabNetwork.StartAsync();
        var address = $"{lab.Online.Address}:9637";
        var refused = await lab.Online.RunAsync(NodeProcess.Executable, "web", "--http", address);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("beyond loopback", refused.Errors, StringComparison.Ordinal);

        using var directory = new ScratchDirectory();
        var settings = directory.Write("web.conf", $"tcpcopy.http.token-file = \"{directory.Write("token", "s3cret\n")}\"\n");
        await using var web = lab.Online.Start(NodeProcess.Executable, "web", "--http", address, "--config", settings);
        await web.WaitForLineAsync($"tcpcopy: page at http://{address}", Bound);
        Assert.Equal("401", await AskAsync([]));
        Assert.Equal("401", await AskAsync(["-u", "anyone:other"]));
        Assert.Equal("200", await AskAsync(["-u", "anyone:s3cret"]));
        await AssertIsAliveAsync(lab.Client, $"http://{address}", new() { HttpCredentials = new() { Username = "anyone", Password = "s3cret" } });
        await web.StopAsync(Bound);

        async Task<string> AskAsync(string[] how)
        {
            string[] words = ["-s", "-o", "/dev/null", "-w", "%{http_code}", .. how, $"http://{address}/_content/TcpCopy.Web/page.css"];
            return (await lab.Client.RunAsync("curl", words)).Output;
        }
    }

    [Fact]
    public async Task The_page_is_served_over_https_to_those_alone_who_have_a_certificate()
    {
        await using var lab = await LabNetwork.StartAsync();
        using var files = await ClusterFiles.MakeAsync(lab.Online);
        var settings = files.Write(
            "web.conf",
            $$"""tcpcopy.http { certificate = "{{files.At("shop.crt")}}", key = "{{files.At("shop.key")}}", client-ca = "{{files.At("ca.crt")}}" }""");
        // What shows the browser's certificate is no part of it: it would not reach the page in a namespace.
        var origin = $"https://127.0.0.1:{FreePort()}";
        await using var web = RunningProcess.Start(null, NodeProcess.Executable, ["web", "--http", origin[8..], "--config", settings]);
        await web.WaitForLineAsync($"tcpcopy: page at {origin}", Bound);
        Assert.NotEqual(0, (await RunningProcess.RunAsync(null, Bound, "curl", "-sk", origin)).ExitCode);
        await AssertIsAliveAsync(null, origin, new()
        {
            IgnoreHTTPSErrors = true,
            ClientCertificates = [new() { Origin = origin, CertPath = files.At("test.crt"), KeyPath = files.At("test.key") }],
        });
        await web.StopAsync(Bound);
    }

    [Fact]
    public async Task A_choice_of_colours_is_not_undone_by_an_earlier_one_that_the_browser_tells_late()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var web = lab.Online.Start(NodeProcess.Executable, "web");
        await web.WaitForLineAsync($"tcpcopy: page at {Origin}", Bound);
        await using var browser = await PageBrowser.StartAsync(lab.Online, Origin);
        await browser.Page.AddInitScriptAsync("Storage.prototype.getItem = () => new Promise(tell => window.tellEarlierChoice = tell)");

        await browser.OpenAsync("/");
        await browser.Page.ClickAsync("#colours[aria-label='dark colours']");
        await browser.TextAsync("#colours[aria-label='light colours']");
        await browser.Page.EvaluateAsync("tellEarlierChoice('light')");
        // The server has heard it before it is asked for another page.
        await browser.Page.ClickAsync("a[href='sessions']");
        await browser.TextAsync("a[href='sessions'].active");
        Assert.Equal("light colours", await browser.Page.GetAttributeAsync("#colours", "aria-label"));
        Assert.Empty(browser.Faults);
        await web.StopAsync(Bound);
    }

    [Fact]
    public async Task A_browser_that_keeps_nothing_for_pages_has_the_colours_of_its_system()
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var web = lab.Online.Start(NodeProcess.Executable, "web");
        await web.WaitForLineAsync($"tcpcopy: page at {Origin}", Bound);
        await using var browser = await PageBrowser.StartAsync(lab.Online, Origin);
        await browser.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await browser.Page.AddInitScriptAsync("Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })");

        await browser.OpenAsync("/");
        await browser.Page.ClickAsync("#colours[aria-label='light colours']");
        await browser.Page.ClickAsync("#colours[aria-label='dark colours']");
        await browser.TextAsync("#colours[aria-label='light colours']");
        Assert.Empty(browser.Faults);
        web.Signal(RunningProcess.SigTerm);
        (await web.EndAsync(Bound)).Checked();
    }

    /// <summary>It draws itself and answers to clicks: both are done by the server, over a connection that the browser has to be let in for, too.</summary>
    private static async Task AssertIsAliveAsync(LabHost? host, string origin, BrowserNewPageOptions identity)
    {
        await using var browser = await PageBrowser.StartAsync(host, origin, identity);
        await browser.OpenAsync("/");
        Assert.Contains("does not answer", await browser.TextAsync(".fault"), StringComparison.Ordinal);
        await browser.Page.ClickAsync("#colours[aria-label='dark colours']");
        await browser.TextAsync("#colours[aria-label='light colours']");
        Assert.Empty(browser.Faults);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task AssertFiguresMoveAsync(PageBrowser browser, LabNetwork lab)
    {
        const string Captured = "[data-tile='requests'] .tile-more";
        await browser.OpenAsync("/");
        var before = await browser.NumberAsync(Captured);
        await browser.WaitForAsync(async () => await browser.NumberAsync(Captured) > before + 200, "captured requests that grow");
        await browser.WaitForAsync(async () => await browser.NumberAsync("[data-tile='requests'] b") > 50, "a rate of requests");
        Assert.Equal("1 of 1", await browser.TextAsync("[data-tile='nodes'] b"));
        Assert.Contains($"interceptor {lab.Target.Address}:36524", await browser.TextAsync(".others"), StringComparison.Ordinal);
        foreach (var side in new[] { "online", "target" })
        {
            await browser.WaitForAsync(async () => await HasPathAsync(browser, $"[data-chart^='First byte'] .area.{side}"), $"times of {side}");
            await browser.WaitForAsync(async () => await HasPathAsync(browser, $"[data-chart='Time to the first byte'] .line.{side}"), $"a line of {side}");
        }
        await browser.WaitForAsync(async () => await HasPathAsync(browser, "[data-chart='Requests'] .line.target"), "a line of answers");
        Assert.Contains("replayed", await browser.TextAsync("[data-chart='Outcomes']"), StringComparison.Ordinal);
        await browser.PictureAsync("cluster");
    }

    private static async Task AssertFindsSessionAsync(PageBrowser browser)
    {
        await browser.OpenAsync("/sessions");
        var client = await browser.TextAsync("#sessions a");
        Assert.True(await browser.NumberAsync("#matching") >= 10);
        await browser.Page.FillAsync("#client", client);
        await browser.WaitForAsync(async () => await browser.TextAsync("#matching") == "1 session", "one session");
        Assert.Equal(client, await browser.TextAsync("#sessions a"));
        await browser.Page.FillAsync("#client", "nonsense");
        Assert.Contains("'nonsense': give an address", await browser.TextAsync(".fault"), StringComparison.Ordinal);
        await browser.Page.FillAsync("#client", client);
        await browser.Page.ClickAsync($"#sessions a:text-is('{client}')");
        Assert.Equal(client, await browser.TextAsync("#session h2"));
        await browser.WaitForAsync(async () => await browser.Page.Locator("#events tbody tr").CountAsync() > 3, "events of the session");
        Assert.Contains("the target's window", await browser.TextAsync(".panels"), StringComparison.Ordinal);
        await browser.PictureAsync("session");
    }

    private static async Task AssertSwitchesColoursAsync(PageBrowser browser)
    {
        const string Background = "getComputedStyle(document.body).backgroundColor";
        await browser.OpenAsync("/answers");
        Assert.Contains("first byte p50", await browser.TextAsync(".panels"), StringComparison.Ordinal);
        var light = await browser.Page.EvaluateAsync<string>(Background);
        await browser.Page.ClickAsync("#colours");
        await browser.WaitForAsync(async () => await browser.Page.EvaluateAsync<string>(Background) != light, "dark colours");
        // What was chosen is kept by the browser.
        await browser.OpenAsync("/");
        await browser.TextAsync("[data-tile='requests'] b");
        await browser.WaitForAsync(async () => await browser.Page.EvaluateAsync<string>(Background) != light, "dark colours again");
    }

    private static async Task AssertFitsPhoneAsync(PageBrowser browser)
    {
        await browser.Page.SetViewportSizeAsync(PhoneWidth, height: 844);
        foreach (var (path, part) in new[] { ("/", "[data-chart='Requests']"), ("/answers", ".panels"), ("/sessions", "#sessions a") })
        {
            await browser.OpenAsync(path);
            await browser.TextAsync(part);
            Assert.Equal(0, await browser.OverflowAsync());
            await browser.PictureAsync($"phone{path.Replace('/', '-')}");
        }
    }

    private static async Task<bool> HasPathAsync(PageBrowser browser, string selector) =>
        await browser.Page.Locator(selector).First.GetAttributeAsync("d") is { Length: > 10 };
}
