using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor.Setup;
using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Security;

/// <summary>What a node shows to others, and whom it believes. Read by <see cref="CredentialsReader"/>.</summary>
public sealed class NodeCredentials
{
    internal NodeCredentials(X509Certificate2 certificate, X509Certificate2Collection intermediates, X509Certificate2Collection authorities)
    {
        Certificate = certificate;
        Authorities = authorities;
        // Offline: nothing is fetched to complete the chain.
        Context = SslStreamCertificateContext.Create(certificate, intermediates, offline: true);
    }

    public X509Certificate2 Certificate { get; }

    public X509Certificate2Collection Authorities { get; }

    internal SslStreamCertificateContext Context { get; }
}

/// <summary>Hands its credentials to the transport of an actor system.</summary>
/// <param name="credentials">Of the node.</param>
/// <param name="interceptors">Nodes that must show an interceptor's certificate: those that a copier was told to link to.</param>
public sealed class CredentialsSetup(NodeCredentials credentials, IReadOnlyCollection<Endpoint> interceptors) : Setup
{
    public NodeCredentials Credentials => credentials;

    public IReadOnlyCollection<Endpoint> Interceptors => interceptors;
}
