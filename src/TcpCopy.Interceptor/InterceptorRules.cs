using TcpCopy.Contracts.Settings;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Interceptor;

/// <summary>The rules of an interceptor on its host, where they are made and removed outside of the node.</summary>
public static class InterceptorRules
{
    /// <summary>Installs them and leaves them there; what is installed already is replaced without a gap.</summary>
    /// <exception cref="RulesException">They cannot be installed, or an interceptor is at work on this host.</exception>
    public static void Apply(InterceptorSettings settings) => ReplySink.Apply(SinkOf(settings));

    /// <exception cref="RulesException">They are not there, not as they were applied, or made from other settings.</exception>
    public static void Verify(InterceptorSettings settings) => ReplySink.VerifyApplied(SinkOf(settings));

    /// <summary>Removes them, and what a killed interceptor left.</summary>
    /// <exception cref="RulesException">An interceptor is at work on this host, or something cannot be removed.</exception>
    public static void Remove() => ReplySink.RemoveLeftovers();

    internal static SinkSettings SinkOf(InterceptorSettings settings) => new()
    {
        Device = settings.SinkDevice,
        Mark = settings.Mark,
        RoutingTable = settings.RoutingTable,
        Dscp = settings.Dscp,
        Selection = settings.Select,
        IsQueue = settings.Sink == ReplySinkKind.Queue,
        QueueNumber = settings.QueueNumber,
        Clients = settings.Clients,
        Ports = settings.Ports,
        LocalClients = settings.LocalClients,
    };
}
