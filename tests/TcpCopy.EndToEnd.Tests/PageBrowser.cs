using System.Globalization;
using Microsoft.Playwright;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>Chromium on a host of the lab, with one page open. What goes wrong within it is remembered.</summary>
public sealed class PageBrowser : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly ScratchDirectory _directory = new();
    private readonly List<string> _faults = [];
    private readonly string _origin;
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private IPage? _page;

    private PageBrowser(string origin) => _origin = origin;

    public IPage Page => _page!;

    /// <summary>Errors and warnings of the console, exceptions, and whatever was asked of another host, so far.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_faults)
                return [.. _faults];
        }
    }

    /// <param name="host">Where it runs; null: where the test does.</param>
    /// <param name="origin">Of the only server that it may ask: "http://127.0.0.1:9637".</param>
    /// <param name="identity">How it shows who it is; null: not at all.</param>
    public static Task<PageBrowser> StartAsync(LabHost? host, string origin, BrowserNewPageOptions? identity = null) =>
        new PageBrowser(origin).StartedAsync(browser => browser.BeginAsync(host, identity));

    public Task OpenAsync(string path) => Page.GotoAsync(_origin + path);

    /// <summary>The text of the element, once there is one.</summary>
    public async Task<string> TextAsync(string selector) => (await Page.Locator(selector).First.InnerTextAsync()).Trim();

    /// <summary>The first number in the element's text, once there is one.</summary>
    public async Task<long> NumberAsync(string selector)
    {
        var digits = (await TextAsync(selector)).SkipWhile(letter => !char.IsDigit(letter)).TakeWhile(letter => char.IsDigit(letter) || letter == ',');
        return long.Parse(string.Concat(digits), NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
    }

    public Task WaitForAsync(Func<Task<bool>> condition, string what) => Wait.UntilAsync(condition, Bound, () => $"{what}; {string.Join('\n', Faults)}");

    /// <summary>How far the page reaches beyond the window to the right.</summary>
    public Task<int> OverflowAsync() => Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

    /// <summary>Kept with what the build made, to be looked at.</summary>
    public Task PictureAsync(string name) => Page.ScreenshotAsync(new() { Path = RepositoryPaths.At($"artifacts/page/{name}.png"), FullPage = true });

    public async ValueTask DisposeAsync()
    {
        using (_directory)
        using (_playwright)
        {
            if (_browser is not null)
                await _browser.CloseAsync();
        }
    }

    private async Task BeginAsync(LabHost? host, BrowserNewPageOptions? identity)
    {
        var place = host is null ? "" : $"ip netns exec {host.NetworkNamespace} ";
        // Playwright starts a program by its name alone: this one starts Debian's Chromium where the host is.
        var program = _directory.Write("chromium", $"#!/bin/sh\nexec {place}chromium \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _playwright = await Playwright.CreateAsync();
        // Chromium's own sandbox is for users that are not root.
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = program, Args = ["--no-sandbox"] });
        var looks = new BrowserNewPageOptions(identity ?? new()) { ViewportSize = new() { Width = 1280, Height = 800 }, ColorScheme = ColorScheme.Light };
        var page = _page = await _browser.NewPageAsync(looks);
        page.SetDefaultTimeout((float)Bound.TotalMilliseconds);
        page.Console += (_, message) => Note(message.Type is "error" or "warning", $"console: {message.Text}");
        page.PageError += (_, error) => Note(true, $"page: {error}");
        page.Request += (_, request) => Note(!request.Url.StartsWith(_origin, StringComparison.Ordinal), $"asked elsewhere: {request.Url}");
        page.RequestFailed += (_, request) => Note(true, $"not served: {request.Url}");
    }

    private void Note(bool isFault, string text)
    {
        if (!isFault)
            return;
        lock (_faults)
            _faults.Add(text);
        TestContext.Current.TestOutputHelper?.WriteLine(text);
    }
}
