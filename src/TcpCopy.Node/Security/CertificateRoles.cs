using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace TcpCopy.Node.Security;

/// <summary>
/// What a certificate says of its node. Its roles are DNS names among the subject's alternative names: <c>copier.tcpcopy</c>,
/// <c>interceptor.tcpcopy</c>. Where it names IP addresses as well, the node is believed to be at these alone.
/// </summary>
internal static class CertificateRoles
{
    private const string Suffix = ".tcpcopy";

    /// <summary>"a copier", "an interceptor", "a copier and an interceptor".</summary>
    public static string WithArticle(params IEnumerable<string> roles) =>
        string.Join(" and ", roles.Select(role => role.StartsWith('i') ? $"an {role}" : $"a {role}"));

    public static string NameOf(string role) => role + Suffix;

    /// <summary>"copier", "interceptor", or whatever else stands before the suffix.</summary>
    public static IReadOnlyList<string> Of(X509Certificate2 certificate) =>
        [.. AlternativeNames(certificate).SelectMany(names => names.EnumerateDnsNames())
            .Where(name => name.EndsWith(Suffix, StringComparison.OrdinalIgnoreCase))
            .Select(name => name[..^Suffix.Length].ToLowerInvariant())];

    public static IReadOnlyList<IPAddress> AddressesOf(X509Certificate2 certificate) =>
        [.. AlternativeNames(certificate).SelectMany(names => names.EnumerateIPAddresses())];

    private static IEnumerable<X509SubjectAlternativeNameExtension> AlternativeNames(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>();
}
