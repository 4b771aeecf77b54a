using Akka.Actor;
using Akka.Configuration;
using TcpCopy.Contracts.Api;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier;
using TcpCopy.Core.Wire;
using TcpCopy.Interceptor;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Cli.Hosting;

/// <summary>Own-IP mode: the copier's rules on its own host, and the interceptor in its process that takes what they drop.</summary>
internal sealed class OwnIpPlacement : ILocalInterceptor, IDisposable
{
    private static readonly HostAddress Loopback = HostAddress.FromV4(0x7F00_0001);

    private readonly InterceptorSettings _settings;
    private readonly OwnIpSink _sink;
    private EmbeddedInterceptor? _interceptor;
    private InterceptorReport? _report;

    private OwnIpPlacement(InterceptorSettings settings, OwnIpSink sink) => (_settings, _sink) = (settings, sink);

    public Task<Exception> Failed { get; private set; } = new TaskCompletionSource<Exception>().Task;

    /// <summary>The node's place: where there are no other nodes nobody has to reach this one, and its port is opened to nobody.</summary>
    public static NodeSettings NodeOf(CopierSettings copier) => copier.Replicas.OwnIp && copier.Node.Seeds.Count == 0
        ? copier.Node with { Address = copier.Node.Address ?? Loopback }
        : copier.Node;

    /// <summary>Installs and verifies the rules; null where the settings do not ask for this mode.</summary>
    /// <param name="copier">Its settings.</param>
    /// <param name="config">Where they come from, for those of the tap.</param>
    /// <exception cref="RulesException">They cannot be installed.</exception>
    /// <exception cref="SettingsException">The tap's settings are wrong.</exception>
    public static OwnIpPlacement? Install(CopierSettings copier, Config config)
    {
        if (!copier.Replicas.OwnIp)
            return null;
        var interceptor = SettingsReader.ReadInterceptor(config);
        var sink = OwnIpSink.Install(new OwnIpSettings
        {
            Targets = [.. copier.Transfers.Select(transfer => transfer.Target).Distinct()],
            Ports = copier.Replicas.Ports,
            Dscp = copier.Send.Dscp,
        });
        try
        {
            sink.Verify();
            return new OwnIpPlacement(interceptor, sink);
        }
        catch
        {
            sink.Dispose();
            throw;
        }
    }

    public void Start(ActorSystem system)
    {
        _interceptor = EmbeddedInterceptor.Start(system, _settings, _sink, _sink.Device, _sink.Filter);
        Failed = WhenFailedAsync(_interceptor);
    }

    public async Task StopAsync()
    {
        if (_interceptor is not null)
            _report = await _interceptor.StopAsync().ConfigureAwait(false);
    }

    /// <summary>The tap's figures; null before it was stopped.</summary>
    public TapPart? ReadTap() => _report is null ? null : new TapPart(_report.Frames, _report.NotReplies, _report.TapDropped);

    public void Dispose() => _sink.Dispose();

    private static async Task<Exception> WhenFailedAsync(EmbeddedInterceptor interceptor) => await interceptor.Failed.ConfigureAwait(false);
}
