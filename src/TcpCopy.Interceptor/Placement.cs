using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Interceptor;

/// <summary>What takes the replies out of the network, and how the tap gets to see them; installed until it is disposed of.</summary>
internal sealed class Placement : IDisposable
{
    private readonly IDisposable? _installed;

    private Placement(IReplySink sink, Func<ICaptureSource> openTap) => (Sink, OpenTap, _installed) = (sink, openTap, sink as IDisposable);

    public IReplySink Sink { get; }

    public Func<ICaptureSource> OpenTap { get; }

    /// <param name="settings">Of the interceptor.</param>
    /// <param name="address">The node's.</param>
    /// <exception cref="RulesException">The rules cannot be installed, those made outside are not there, or the host will not do.</exception>
    public static Placement Install(InterceptorSettings settings, HostAddress address) =>
        settings.Placement == InterceptorPlacement.Assistant ? AsAssistant(settings, address) : OnTarget(settings);

    /// <summary>Leaves what is installed to the next interceptor.</summary>
    public void Abandon() => (Sink as ReplySink)?.Abandon();

    /// <exception cref="RulesException">The rules cannot be removed.</exception>
    public void Dispose() => _installed?.Dispose();

    private static Placement OnTarget(InterceptorSettings settings)
    {
        var wanted = InterceptorRules.SinkOf(settings);
        var sink = settings.Node.Rules == RulesOwner.Own ? ReplySink.Install(wanted) : ReplySink.Attach(wanted);
        try
        {
            sink.Verify();
            return new Placement(sink, () => OpenTapOf(settings));
        }
        catch
        {
            sink.Dispose();
            throw;
        }
    }

    private static Placement AsAssistant(InterceptorSettings settings, HostAddress address)
    {
        var device = settings.TapDevice ?? DeviceFinder.DeviceHolding(address) ?? throw new RulesException(
            $"no device of this host holds {address}; name the one on which the target's replies arrive with tcpcopy.intercept.tap-device");
        var sink = AssistantSink.Open(device, settings.Ports);
        var filter = TapFilter.OfAssistant(settings.Clients, settings.Ports, DeviceFinder.HostAddresses());
        return new Placement(sink, () => LiveCapture.Open(TapOptions.Of(settings, device, filter) with { Direction = CaptureDirection.Inbound }));
    }

    private static ICaptureSource OpenTapOf(InterceptorSettings settings) => settings.Sink == ReplySinkKind.Queue
        ? NetlinkQueue.Open(settings.QueueNumber, TapOptions.SnapLength, settings.TapBufferBytes)
        : LiveCapture.Open(TapOptions.Of(settings, settings.SinkDevice, "tcp"));
}
