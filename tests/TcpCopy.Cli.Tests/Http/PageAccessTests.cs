using System.Text;
using Microsoft.AspNetCore.Http;
using TcpCopy.Cli.Http;
using TcpCopy.Contracts.Settings;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Cli.Tests.Http;

/// <summary>Whose browser the page answers.</summary>
public sealed class PageAccessTests : IDisposable
{
    private readonly ScratchDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData(null, StatusCodes.Status401Unauthorized)]
    [InlineData("Basic anyone:s3cret", StatusCodes.Status200OK)]
    [InlineData("Basic :s3cret", StatusCodes.Status200OK)]
    [InlineData("Basic anyone:other", StatusCodes.Status401Unauthorized)]
    [InlineData("Basic s3cret", StatusCodes.Status401Unauthorized)]
    [InlineData("Bearer s3cret", StatusCodes.Status200OK)]
    [InlineData("Basic", StatusCodes.Status401Unauthorized)]
    public async Task With_a_token_a_browser_asks_for_it_as_a_password(string? shown, int expected)
    {
        var access = Access.OfPage(new HttpSettings { TokenFile = _files.Write("token", "s3cret\n") });
        var words = shown?.Split(' ');
        var header = words is ["Basic", var pair] ? "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)) : shown;

        var answer = await AskAsync(access, "10.0.0.13:9637", header, origin: null);
        Assert.Equal(expected, answer.StatusCode);
        var isAsked = answer.Headers.WWWAuthenticate.ToString().StartsWith("Basic realm=", StringComparison.Ordinal);
        Assert.Equal(expected == StatusCodes.Status401Unauthorized, isAsked);
    }

    [Fact]
    public async Task A_node_takes_no_password()
    {
        var access = Access.Of(new HttpSettings { TokenFile = _files.Write("token", "s3cret\n") });
        var header = "Basic " + Convert.ToBase64String("anyone:s3cret"u8);

        Assert.Equal(StatusCodes.Status401Unauthorized, (await AskAsync(access, "10.0.0.13:9636", header, origin: null)).StatusCode);
    }

    [Theory]
    [InlineData("127.0.0.1:9637", null, StatusCodes.Status200OK)]
    [InlineData("127.0.0.1:9637", "http://127.0.0.1:9637", StatusCodes.Status200OK)]
    [InlineData("127.0.0.1:9637", "http://elsewhere.example", StatusCodes.Status403Forbidden)]
    [InlineData("127.0.0.1:9637", "null", StatusCodes.Status403Forbidden)]
    [InlineData("elsewhere.example", null, StatusCodes.Status421MisdirectedRequest)]
    public async Task Other_pages_are_not_answered(string host, string? origin, int expected) =>
        Assert.Equal(expected, (await AskAsync(Access.OfPage(new HttpSettings()), host, header: null, origin)).StatusCode);

    private static async Task<HttpResponse> AskAsync(Access access, string host, string? header, string? origin)
    {
        var context = new DefaultHttpContext();
        context.Request.Host = new HostString(host);
        if (header is not null)
            context.Request.Headers.Authorization = header;
        if (origin is not null)
            context.Request.Headers.Origin = origin;
        await access.Check(context, _ => Task.CompletedTask);
        return context.Response;
    }
}
