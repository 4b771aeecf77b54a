using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Settings;

namespace TcpCopy.Cli.Http;

/// <summary>The node's certificate for HTTPS, and the authority of those who may ask.</summary>
/// <param name="own">With its key.</param>
/// <param name="clientAuthority">Null: clients need no certificate.</param>
internal sealed class HttpCertificates(X509Certificate2 own, X509Certificate2? clientAuthority)
{
    /// <summary>Null: plain HTTP.</summary>
    /// <exception cref="HostException">A file cannot be read or holds no certificate.</exception>
    public static HttpCertificates? Load(HttpSettings settings)
    {
        if (settings.CertificateFile is not { } certificate)
            return null;
        return new HttpCertificates(
            LoadOwn(certificate, settings.KeyFile!),
            settings.ClientAuthorityFile is { } authority ? LoadAuthority(authority) : null);
    }

    /// <exception cref="HostException">The file cannot be read or holds no certificate.</exception>
    public static X509Certificate2 LoadAuthority(string file) => Read(file, () => X509Certificate2.CreateFromPem(File.ReadAllText(file)));

    /// <exception cref="HostException">A file cannot be read or holds no certificate.</exception>
    public static X509Certificate2 LoadOwn(string certificate, string key) =>
        Read($"{certificate} with {key}", () => X509Certificate2.CreateFromPemFile(certificate, key));

    public void Use(ListenOptions options) => options.UseHttps(https =>
    {
        https.ServerCertificate = own;
        if (clientAuthority is null)
            return;
        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
        https.ClientCertificateValidation = (client, _, _) => IsSignedBy(client, clientAuthority);
        https.OnAuthenticate = (_, tls) => tls.CertificateChainPolicy = PolicyFor(clientAuthority);
    });

    /// <summary>Whether an authority of our own, and no other, vouches for a certificate.</summary>
    public static bool IsSignedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using var chain = new X509Chain { ChainPolicy = PolicyFor(authority) };
        return chain.Build(certificate);
    }

    /// <summary>Trusts that authority and nothing of the system's. A stranger's certificate may name places to ask about it: nobody is asked.</summary>
    public static X509ChainPolicy PolicyFor(X509Certificate2 authority) => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { authority },
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private static X509Certificate2 Read(string place, Func<X509Certificate2> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new HostException($"{place}: {error.Message}; give PEM files of a certificate and its key (tcpcopy.http)");
        }
    }
}
