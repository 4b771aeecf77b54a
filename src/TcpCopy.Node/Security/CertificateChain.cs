using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TcpCopy.Node.Security;

/// <summary>Whether a certificate descends from the cluster's own authorities, and if not, why, in an operator's words.</summary>
internal static class CertificateChain
{
    private const int LongestName = 80;

    private const string ServerOfTls = "1.3.6.1.5.5.7.3.1";
    private const string ClientOfTls = "1.3.6.1.5.5.7.3.2";

    /// <summary>Every node is now the one, now the other end of a connection (RFC 5280 section 4.2.1.12).</summary>
    public static OidCollection BothEndsOfTls => [new Oid(ServerOfTls), new Oid(ClientOfTls)];

    /// <summary>Trusts <paramref name="authorities"/> and nothing of the system's; asks nobody over the network.</summary>
    /// <param name="authorities">Roots.</param>
    /// <param name="now">When the certificates must be valid.</param>
    public static X509ChainPolicy PolicyFor(X509Certificate2Collection authorities, DateTime now)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = now,
            VerificationTimeIgnored = false,
        };
        policy.CustomTrustStore.AddRange(authorities);
        foreach (var end in BothEndsOfTls)
            policy.ApplicationPolicy.Add(end);
        return policy;
    }

    /// <summary>Why the certificate is not to be believed; null: it is.</summary>
    /// <param name="certificate">A node's.</param>
    /// <param name="others">What came with it: intermediate authorities.</param>
    /// <param name="policy">From <see cref="PolicyFor"/>.</param>
    public static string? FaultOf(X509Certificate2 certificate, X509Certificate2Collection others, X509ChainPolicy policy)
    {
        policy.ExtraStore.AddRange(others);
        using var chain = new X509Chain { ChainPolicy = policy };
        var isTrusted = chain.Build(certificate);
        return isTrusted ? null : Describe(certificate, chain, policy.VerificationTime);
    }

    /// <summary>What is wrong with a chain that was built.</summary>
    public static string Describe(X509Certificate2 certificate, X509Chain chain, DateTime now)
    {
        var status = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, next) => all | next.Status);
        // First who made it: of a stranger's certificate the dates mean nothing.
        if ((status & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid)) != 0)
            return $"certificate '{NameOf(certificate)}' is not of this cluster's authority";
        if ((status & X509ChainStatusFlags.NotTimeValid) != 0)
            return DateFaultOf(certificate, now) ?? $"certificate '{NameOf(certificate)}': its authority's certificate is not valid now";
        if ((status & X509ChainStatusFlags.NotValidForUsage) != 0)
            return $"certificate '{NameOf(certificate)}' is not meant for both ends of TLS (extended key usage)";
        return $"certificate '{NameOf(certificate)}': {string.Join("; ", chain.ChainStatus.Select(part => part.StatusInformation.Trim()))}";
    }

    public static string? DateFaultOf(X509Certificate2 certificate, DateTime now)
    {
        if (certificate.NotAfter < now)
            return $"certificate '{NameOf(certificate)}' expired on {Show(certificate.NotAfter)}";
        return certificate.NotBefore > now ? $"certificate '{NameOf(certificate)}' is not valid before {Show(certificate.NotBefore)}" : null;
    }

    /// <summary>The subject's common name, fit for a line of the log: it may be a stranger's.</summary>
    public static string NameOf(X509Certificate2 certificate)
    {
        string name;
        try
        {
            name = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        }
        catch (CryptographicException)
        {
            return "?";
        }
        var plain = string.Concat(name.Take(LongestName).Select(letter => char.IsControl(letter) || letter is '\'' ? '?' : letter));
        return plain.Length == 0 ? "without a name" : plain;
    }

    private static string Show(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
