using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;

namespace TcpCopy.Node.Security;

/// <summary>
/// Reads and checks the files of <c>tcpcopy.tls</c>. What is wrong with them is said at the start: a node whose certificate its peers will refuse
/// would come up and never be linked.
/// </summary>
public sealed class CredentialsReader
{
    private const UnixFileMode ForOthers = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly DateTime _now;
    private readonly List<SettingError> _errors = [];

    private CredentialsReader(DateTime now) => _now = now;

    /// <param name="settings">Where the files are.</param>
    /// <param name="role">Of the node.</param>
    /// <param name="address">That the node announces.</param>
    /// <param name="now">The time, for dates of validity.</param>
    /// <exception cref="SettingsException">Lists what is wrong with the files.</exception>
    public static NodeCredentials Read(TlsSettings settings, string role, HostAddress address, DateTime now)
    {
        var reader = new CredentialsReader(now);
        var authorities = reader.ReadCertificates("ca", settings.AuthorityFile);
        var chain = reader.ReadCertificates("certificate", settings.CertificateFile);
        var key = reader.ReadKey(settings.KeyFile);
        if (reader._errors.Count == 0)
            reader.Check(chain, authorities, role, address, settings.CertificateFile);
        var certificate = reader._errors.Count == 0 ? reader.Join(settings, key) : null;
        if (certificate is null)
            throw new SettingsException(reader._errors);
        return new NodeCredentials(certificate, [.. chain.Skip(1)], authorities);
    }

    private X509Certificate2Collection ReadCertificates(string name, string path)
    {
        var found = new X509Certificate2Collection();
        if (ReadText(name, path) is not { } text)
            return found;
        try
        {
            found.ImportFromPem(text);
        }
        catch (CryptographicException error)
        {
            Wrong(name, path, $"a certificate in it cannot be read ({error.Message})");
            return found;
        }
        if (found.Count == 0)
            Wrong(name, path, "there is no certificate in it: give a PEM file (-----BEGIN CERTIFICATE-----)");
        return found;
    }

    private string ReadKey(string path)
    {
        if (ReadText("key", path) is not { } text)
            return "";
        if (text.Contains("ENCRYPTED", StringComparison.Ordinal))
            Wrong("key", path, "the key is encrypted, and nobody is there to be asked for a password: give it unencrypted, readable by its owner alone");
        else if (!text.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            Wrong("key", path, "there is no private key in it: give a PEM file (-----BEGIN PRIVATE KEY-----)");
        else if (OperatingSystem.IsLinux() && (File.GetUnixFileMode(path) & ForOthers) != 0)
            Wrong("key", path, $"every user of this host may read it: chmod 600 {path}");
        return text;
    }

    private string? ReadText(string name, string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            Wrong(name, path, "there is no such file; tcpcopy certs makes the files of a cluster");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Wrong(name, path, $"cannot be read ({error.Message})");
        }
        return null;
    }

    private void Check(X509Certificate2Collection chain, X509Certificate2Collection authorities, string role, HostAddress address, string path)
    {
        var certificate = chain[0];
        var roles = CertificateRoles.Of(certificate);
        var addresses = CertificateRoles.AddressesOf(certificate);
        if (CertificateChain.DateFaultOf(certificate, _now) is { } overdue)
            Wrong("certificate", path, $"{overdue}: issue another (tcpcopy certs)");
        else if (CertificateChain.FaultOf(certificate, [.. chain.Skip(1)], CertificateChain.PolicyFor(authorities, _now)) is { } fault)
            Wrong("certificate", path, $"{fault} (tcpcopy.tls.ca)");
        else if (!roles.Contains(role))
            Wrong("certificate", path, $"it is {(roles.Count == 0 ? "no node's" : $"that of {CertificateRoles.WithArticle(roles)}")}, and this node is " +
                $"{CertificateRoles.WithArticle(role)}: give one with the name {CertificateRoles.NameOf(role)}");
        else if (addresses.Count > 0 && !addresses.Contains(IPAddress.Parse($"{address}")))
            Wrong("certificate", path, $"it is for {string.Join(", ", addresses)}, and this node announces {address}: set -b, or issue another " +
                "(tcpcopy certs)");
    }

    private X509Certificate2? Join(TlsSettings settings, string key)
    {
        try
        {
            return X509Certificate2.CreateFromPem(File.ReadAllText(settings.CertificateFile), key);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            Wrong("key", settings.KeyFile, $"the key is damaged, or does not belong to the certificate in {settings.CertificateFile}");
            return null;
        }
    }

    private void Wrong(string name, string path, string remedy) => _errors.Add(new SettingError($"tcpcopy.tls.{name}", path, remedy));
}
