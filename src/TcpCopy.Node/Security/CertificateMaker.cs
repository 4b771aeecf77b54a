using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TcpCopy.Node.Security;

/// <summary>Makes the certificates of a small cluster: an authority of its own, and the nodes that it vouches for. Keys are of the curve P-256.</summary>
public static class CertificateMaker
{
    private const int SerialBytes = 16;

    /// <summary>A host whose clock is behind would refuse what was made this moment.</summary>
    private static readonly TimeSpan ClockAllowance = TimeSpan.FromHours(1);

    /// <summary>An authority that vouches for nodes and for no other authority.</summary>
    /// <param name="now">The time.</param>
    /// <param name="validity">From now on.</param>
    public static X509Certificate2 MakeAuthority(DateTimeOffset now, TimeSpan validity)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=TcpCopy cluster authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(now - ClockAllowance, now + validity);
    }

    /// <summary>A certificate with its key for a node, by <paramref name="authority"/>, which ends no later than the authority's own.</summary>
    /// <param name="authority">With its key.</param>
    /// <param name="node">Its name, roles and addresses.</param>
    /// <param name="now">The time.</param>
    /// <param name="validity">From now on.</param>
    public static X509Certificate2 Issue(X509Certificate2 authority, NodeIdentity node, DateTimeOffset now, TimeSpan validity)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(node.Name);
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(CertificateChain.BothEndsOfTls, critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        if (NamesOf(node) is { } names)
            request.CertificateExtensions.Add(names);
        var (first, last) = (Later(now - ClockAllowance, authority.NotBefore), Earlier(now + validity, authority.NotAfter));
        using var certificate = request.Create(authority, first, last, RandomNumberGenerator.GetBytes(SerialBytes));
        return certificate.CopyWithPrivateKey(key);
    }

    private static X509Extension? NamesOf(NodeIdentity node)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var role in node.Roles)
            names.AddDnsName(CertificateRoles.NameOf(role));
        foreach (var address in node.Addresses)
            names.AddIpAddress(address);
        return node.Roles.Count + node.Addresses.Count > 0 ? names.Build() : null;
    }

    private static DateTimeOffset Later(DateTimeOffset left, DateTimeOffset right) => left > right ? left : right;

    private static DateTimeOffset Earlier(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;
}

/// <summary>What a node's certificate says.</summary>
/// <param name="Name">For people; also that of its files.</param>
/// <param name="Roles">"copier", "interceptor" or both.</param>
/// <param name="Addresses">Where it is; none: anywhere.</param>
public sealed record NodeIdentity(string Name, IReadOnlyList<string> Roles, IReadOnlyList<IPAddress> Addresses);
