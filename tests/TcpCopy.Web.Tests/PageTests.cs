using TcpCopy.Contracts.Api;
using TcpCopy.Web.Pages;
using Xunit;

namespace TcpCopy.Web.Tests;

/// <summary>What a viewer is shown of several nodes.</summary>
public sealed class PageTests
{
    private const string A = "10.0.0.13";
    private const string B = "10.0.0.14";

    [Fact]
    public async Task A_session_is_asked_of_the_copier_that_is_named_and_of_no_other()
    {
        await using var other = new FakeNode(B) { Status = () => Figures.Copier(1, 1), Session = () => Figures.Session("192.168.0.2:4000") };
        await using var named = new FakeNode(A) { Session = () => throw new NodeClientException($"{A} does not answer") };
        await using var cluster = new FakeCluster(other, named);
        await cluster.LookAsync();
        await using var page = await OpenPage.OpenAsync<SessionPage>(cluster.Watch, SessionPage.Link(A, "0-17"));

        var shown = await page.ReadAsync();
        Assert.Contains($"{A} does not answer", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("192.168.0.2", shown, StringComparison.Ordinal);

        await using var unknown = await OpenPage.OpenAsync<SessionPage>(cluster.Watch, SessionPage.Link("10.0.0.15", "0-17"));
        Assert.Contains("10.0.0.15 is no node", await unknown.ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_is_asked_for_once_at_each_look_at_its_copier()
    {
        await using var copier = new FakeNode(A) { Status = () => Figures.Copier(1, 1), Session = () => Figures.Session("192.168.0.2:4000") };
        await using var others = new FakeNode(B) { Status = () => Figures.Copier(1, 1) };
        await using var cluster = new FakeCluster(others, copier);
        await cluster.LookAsync();
        await using var page = await OpenPage.OpenAsync<SessionPage>(cluster.Watch, SessionPage.Link(A, "0-17"));
        await cluster.LookAsync();
        await cluster.LookAsync();

        Assert.Contains("192.168.0.2:4000", await page.ReadAsync(), StringComparison.Ordinal);
        Assert.Equal(3, copier.SessionsAsked);
    }

    [Fact]
    public async Task Sessions_are_shown_as_those_of_the_copier_that_told_of_them()
    {
        var late = new TaskCompletionSource<SessionList>();
        await using var first = new FakeNode(A) { Status = () => Figures.Copier(1, 1), Sessions = () => late.Task };
        await using var second = new FakeNode(B) { Status = () => Figures.Copier(1, 1), Sessions = () => Task.FromResult(ListOf("192.168.0.2:4000")) };
        await using var cluster = new FakeCluster(first, second);
        await cluster.LookAsync();
        await using var page = await OpenPage.OpenAsync<SessionsPage>(cluster.Watch, $"sessions?copier={A}");
        await page.GoToAsync($"sessions?copier={B}");
        late.SetResult(ListOf("192.168.0.1:4000"));
        Assert.DoesNotContain("192.168.0.1", await page.ReadAsync(), StringComparison.Ordinal);

        await cluster.LookAsync();
        Assert.Contains("192.168.0.2", await page.ReadAsync(), StringComparison.Ordinal);
        first.Sessions = () => new TaskCompletionSource<SessionList>().Task;
        await page.GoToAsync($"sessions?copier={A}");
        Assert.DoesNotContain("192.168.0.2", await page.ReadAsync(), StringComparison.Ordinal);

        static SessionList ListOf(string client) => new([Figures.Line(client)], 1, null);
    }

    [Fact]
    public async Task Charts_of_a_copier_that_starts_anew_are_drawn_all_the_same()
    {
        await using var node = new FakeNode { Status = () => Figures.Copier(1, 1) with { Copier = null, Obstacle = "starting" } };
        await using var cluster = new FakeCluster(node);
        await cluster.LookAsync();
        await using var page = await OpenPage.OpenAsync<CopierCharts>(
            cluster.Watch, "", (nameof(CopierCharts.Node), cluster.Watch.Nodes[0]), (nameof(CopierCharts.Window), TimeSpan.FromMinutes(2)));

        Assert.Contains("Live sessions", await page.ReadAsync(), StringComparison.Ordinal);
    }
}
