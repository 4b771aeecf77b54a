using Akka.Actor;
using Akka.Event;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Hosting;

namespace TcpCopy.Node.Security;

/// <summary>What a node needs before it may open its port.</summary>
public static class NodeSecurity
{
    private static readonly TimeSpan WarnBefore = TimeSpan.FromDays(30);

    /// <param name="node">What the node was told.</param>
    /// <param name="role">Of the node.</param>
    /// <param name="address">That it binds and announces.</param>
    /// <returns>What the node shows to others; null: it may do without TLS.</returns>
    /// <exception cref="SettingsException">The files of <c>tcpcopy.tls</c> cannot be used.</exception>
    /// <exception cref="NodeStartException">Strangers could reach the port, and nothing would keep them out.</exception>
    public static CredentialsSetup? Demand(NodeSettings node, string role, HostAddress address)
    {
        if (node.Tls is { } files)
        {
            var credentials = CredentialsReader.Read(files, role, address, DateTime.Now);
            // What a copier joins is its interceptors; an interceptor joins whoever is there.
            return new CredentialsSetup(credentials, role == NodeSystem.CopierRole ? node.Seeds : []);
        }
        if (!PrivateAddresses.Contain(address) && !node.IsInsecureAllowed)
        {
            throw new NodeStartException(
                $"{address} is a public address, and without TLS whoever reaches the node there could join the cluster: set up tcpcopy.tls " +
                "(tcpcopy certs makes the files), choose a private address with -b, or take the risk with tcpcopy.tls.insecure = on");
        }
        return null;
    }

    /// <summary>Warns of a port that is open to everybody, and of a certificate that will not be valid for long.</summary>
    internal static void SayWhatIsOpen(ActorSystem system, HostAddress address, CredentialsSetup? security)
    {
        if (security is null && !PrivateAddresses.Contain(address))
        {
            system.Log.Warning(
                "the cluster port at {0} is open to whoever reaches it: neither encrypted nor authenticated (tcpcopy.tls.insecure = on)", address);
        }
        if (security?.Credentials.Certificate is { } certificate && certificate.NotAfter - DateTime.Now < WarnBefore)
        {
            system.Log.Warning(
                "this node's certificate expires on {0:yyyy-MM-dd}: issue another in time (tcpcopy certs) and restart the node", certificate.NotAfter);
        }
    }
}
