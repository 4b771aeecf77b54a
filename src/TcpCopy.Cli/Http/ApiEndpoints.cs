using System.Text.Json.Serialization.Metadata;
using Akka.Actor;
using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Api;
using TcpCopy.Copier.Views;

namespace TcpCopy.Cli.Http;

/// <summary>
/// The JSON that <c>top</c>, <c>status</c>, <c>report</c> and others live on: /api/status, /api/report, /api/nodes, /api/sessions and
/// /api/sessions/{id}. And what <c>resume</c> posts to: /api/resume.
/// </summary>
internal static class ApiEndpoints
{
    public static void Map(WebApplication application, NodeFace face)
    {
        Get("/api/status", async context =>
            await WriteAsync(context, await StatusParts.ReadAsync(face, context.RequestAborted).ConfigureAwait(false), ApiJson.Default.NodeStatus)
                .ConfigureAwait(false));
        Get("/api/report", context => ReportAsync(context, face));
        Get("/api/nodes", context => WriteAsync(context, [.. face.Members], ApiJson.Default.ClusterMemberArray));
        Get("/api/sessions", context => FindAsync(context, face));
        Get("/api/sessions/{id}", context => DescribeAsync(context, face));
        application.MapPost("/api/resume", (RequestDelegate)(context => GuardAsync(context, asked => ResumeAsync(asked, face))));

        void Get(string path, RequestDelegate answer) => application.MapGet(path, (RequestDelegate)(context => GuardAsync(context, answer)));
    }

    private static async Task ReportAsync(HttpContext context, NodeFace face)
    {
        if (face.Copier is not { } copier)
        {
            await FailWithoutCopierAsync(context, face, "compares").ConfigureAwait(false);
            return;
        }
        var figures = await copier.ReadAsync(context.RequestAborted).ConfigureAwait(false);
        await WriteAsync(context, Reports.Of(figures.Report, face.Uptime), ApiJson.Default.Report).ConfigureAwait(false);
    }

    private static async Task FindAsync(HttpContext context, NodeFace face)
    {
        if (face.Copier is not { } copier)
        {
            await FailWithoutCopierAsync(context, face, "has sessions").ConfigureAwait(false);
            return;
        }
        if (!SessionQueryParser.TryParse(context.Request.Query, out var query, out var fault))
        {
            await FailAsync(context, StatusCodes.Status400BadRequest, fault).ConfigureAwait(false);
            return;
        }
        var page = await copier.FindAsync(query with { Limit = query.Limit + 1 }, context.RequestAborted).ConfigureAwait(false);
        if (page is null)
            await FailAsync(context, StatusCodes.Status503ServiceUnavailable, "too many ask at once; ask again").ConfigureAwait(false);
        else
            await WriteAsync(context, SessionParts.Of(page, query.Limit), ApiJson.Default.SessionList).ConfigureAwait(false);
    }

    private static async Task DescribeAsync(HttpContext context, NodeFace face)
    {
        var detail = face.Copier is { } copier && SessionName.TryParse($"{context.Request.RouteValues["id"]}", out var name)
            ? await copier.DescribeAsync(name, context.RequestAborted).ConfigureAwait(false)
            : null;
        if (detail is null)
            await FailAsync(context, StatusCodes.Status404NotFound, "there is no such session, or it ended too long ago").ConfigureAwait(false);
        else
            await WriteAsync(context, SessionParts.Of($"{context.Request.RouteValues["id"]}", detail), ApiJson.Default.SessionInside)
                .ConfigureAwait(false);
    }

    private static async Task ResumeAsync(HttpContext context, NodeFace face)
    {
        // A browser may post to this host for any page that it shows, and says so (Fetch standard, section 3.2): no page gives orders here.
        if (context.Request.Headers.Origin.Count > 0)
            await FailAsync(context, StatusCodes.Status403Forbidden, "pages of a browser are not obeyed").ConfigureAwait(false);
        else if (face.Copier is { } copier)
            await WriteAsync(
                context, new ResumeAnswer(await copier.ResumeAsync(context.RequestAborted).ConfigureAwait(false)), ApiJson.Default.ResumeAnswer)
                .ConfigureAwait(false);
        else
            await FailWithoutCopierAsync(context, face, "copies").ConfigureAwait(false);
    }

    private static async Task GuardAsync(HttpContext context, RequestDelegate answer)
    {
        try
        {
            await answer(context).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            await FailAsync(context, StatusCodes.Status503ServiceUnavailable, "the node's actors did not answer; it may be about to stop")
                .ConfigureAwait(false);
        }
    }

    private static Task WriteAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type) => context.Response.WriteAsJsonAsync(value, type);

    private static Task FailWithoutCopierAsync(HttpContext context, NodeFace face, string what) => face.IsCopier
        ? FailAsync(context, StatusCodes.Status503ServiceUnavailable, "the copier is starting; ask again")
        : FailAsync(context, StatusCodes.Status404NotFound, $"only a copier {what}");

    private static Task FailAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, new ApiError(reason), ApiJson.Default.ApiError);
    }
}
