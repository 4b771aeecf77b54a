using Akka.Actor;
using TcpCopy.Contracts.Settings;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Interceptor;

/// <summary>
/// An interceptor within another node's actor system, where that node's own links find it as they find any: the copier that takes the replies to its own
/// address itself.
/// </summary>
public sealed class EmbeddedInterceptor
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    private readonly IActorRef _node;
    private readonly InterceptorEnvironment _environment;

    private EmbeddedInterceptor(IActorRef node, InterceptorEnvironment environment) => (_node, _environment) = (node, environment);

    /// <summary>Completed when the tap has failed for good, with what it died of.</summary>
    public Task<CaptureException> Failed => WhenFailedAsync();

    /// <param name="system">Of the node.</param>
    /// <param name="settings">Its tap's.</param>
    /// <param name="sink">What keeps the replies from everybody else; installed.</param>
    /// <param name="device">Where the tap is.</param>
    /// <param name="filter">What it takes, in pcap's language.</param>
    public static EmbeddedInterceptor Start(ActorSystem system, InterceptorSettings settings, IReplySink sink, string device, string filter)
    {
        var environment = new InterceptorEnvironment
        {
            Sink = sink,
            OpenTap = () => LiveCapture.Open(TapOptions.Of(settings, device, filter) with { Direction = CaptureDirection.Inbound }),
            Addresses = DeviceFinder.HostAddresses,
        };
        return new EmbeddedInterceptor(system.ActorOf(Props.Create(() => new InterceptorNode(settings, environment)), "interceptor"), environment);
    }

    /// <returns>Its figures.</returns>
    public Task<InterceptorReport> StopAsync() => _node.Ask<InterceptorReport>(new Stop(SaysGoodbye: true), StopLimit, CancellationToken.None);

    private async Task<CaptureException> WhenFailedAsync() =>
        InterceptorService.ToFailure(await _environment.Failed.Task.ConfigureAwait(false));
}
