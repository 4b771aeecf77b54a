using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TcpCopy.Node.Hosting;

namespace TcpCopy.Node.Security;

/// <summary>Decides whether who showed a certificate is a node of the cluster; called by TLS, once a handshake.</summary>
/// <param name="place">Where the peer is.</param>
/// <param name="demanded">The role that the peer must have; null: either role of a node.</param>
internal sealed class PeerCheck(IPAddress place, string? demanded)
{
    private static readonly string[] Roles = [NodeSystem.CopierRole, NodeSystem.InterceptorRole];

    /// <summary>What its certificate says that it is; empty unless it was welcome.</summary>
    public IReadOnlyList<string> PeerRoles { get; private set; } = [];

    /// <summary>Why the peer was refused; null as long as it was not.</summary>
    public string? Refusal { get; private set; }

    /// <summary>A <see cref="RemoteCertificateValidationCallback"/>. The chain was built by the policy that TLS was given.</summary>
    public bool IsWelcome(object sender, X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        Refusal = FaultOf(shown as X509Certificate2, chain, errors);
        PeerRoles = Refusal is null ? CertificateRoles.Of((X509Certificate2)shown!) : [];
        return Refusal is null;
    }

    private string? FaultOf(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null || (errors & SslPolicyErrors.RemoteCertificateNotAvailable) != 0)
            return "it shows no certificate: give it one of this cluster's (tcpcopy.tls)";
        if (chain is null || (errors & SslPolicyErrors.RemoteCertificateChainErrors) != 0)
            return "its " + (chain is null ? "certificate cannot be checked" : CertificateChain.Describe(certificate, chain, DateTime.Now));
        var fault = RoleFault(CertificateRoles.Of(certificate)) ?? AddressFault(CertificateRoles.AddressesOf(certificate));
        return fault is null ? null : $"its certificate '{CertificateChain.NameOf(certificate)}' is {fault}";
    }

    private string? RoleFault(IReadOnlyList<string> roles)
    {
        if (!Roles.Any(role => roles.Contains(role)))
            return $"no node's: it names neither {string.Join(" nor ", Roles.Select(CertificateRoles.NameOf))}";
        return demanded is null || roles.Contains(demanded)
            ? null
            : $"that of {CertificateRoles.WithArticle(roles)}, not of {CertificateRoles.WithArticle(demanded)}";
    }

    // TLS compares names with where a client connected to, and would want one in every certificate; here it is free to name none, and both sides ask.
    private string? AddressFault(IReadOnlyList<IPAddress> addresses) =>
        addresses.Count == 0 || addresses.Contains(place) ? null : $"for {string.Join(", ", addresses)}, not for {place}";
}
