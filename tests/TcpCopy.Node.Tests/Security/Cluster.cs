using System.Net;
using System.Security.Cryptography.X509Certificates;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Security;

namespace TcpCopy.Node.Tests.Security;

/// <summary>An authority with what it vouches for.</summary>
internal sealed class Cluster
{
    private static readonly DateTimeOffset Now = DateTimeOffset.Now;

    private readonly X509Certificate2 _authority = CertificateMaker.MakeAuthority(Now - TimeSpan.FromDays(100), TimeSpan.FromDays(200));

    public X509Certificate2 Certificate(params string[] roles) => CertificateMaker.Issue(_authority, Identity(roles), Now, TimeSpan.FromDays(30));

    public X509Certificate2 CertificateAt(string address, string role) => CertificateMaker.Issue(
        _authority, Identity(role) with { Addresses = [IPAddress.Parse(address)] }, Now, TimeSpan.FromDays(30));

    public X509Certificate2 Expired(string role) =>
        CertificateMaker.Issue(_authority, Identity(role), Now - TimeSpan.FromDays(50), TimeSpan.FromDays(40));

    /// <summary>A setup that shows the certificate and believes this authority.</summary>
    public CredentialsSetup Showing(X509Certificate2 certificate, params Endpoint[] interceptors) =>
        new(new NodeCredentials(certificate, [], [_authority]), interceptors);

    public CredentialsSetup Node(params string[] roles) => Showing(Certificate(roles));

    private static NodeIdentity Identity(params string[] roles) => new($"node of {roles.Length} roles {string.Join(' ', roles)}", roles, []);
}
