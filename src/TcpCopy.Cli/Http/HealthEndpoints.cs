using Akka.Actor;

namespace TcpCopy.Cli.Http;

/// <summary><c>GET /health/live</c>: the process works. <c>GET /health/ready</c>: the node does its work just now.</summary>
internal static class HealthEndpoints
{
    public static void Map(WebApplication application, NodeFace face)
    {
        application.MapGet("/health/live", (RequestDelegate)(context => context.Response.WriteAsync("live\n")));
        application.MapGet("/health/ready", (RequestDelegate)(context => SayReadyAsync(context, face)));
    }

    private static async Task SayReadyAsync(HttpContext context, NodeFace face)
    {
        string? obstacle;
        try
        {
            obstacle = (await face.ReadAsync(context.RequestAborted).ConfigureAwait(false)).Obstacle;
        }
        catch (AskTimeoutException)
        {
            obstacle = "no answer from its actors";
        }
        context.Response.StatusCode = obstacle is null ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        await context.Response.WriteAsync((obstacle ?? "ready") + "\n").ConfigureAwait(false);
    }
}
