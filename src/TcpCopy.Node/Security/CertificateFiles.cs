using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TcpCopy.Node.Security;

/// <summary>
/// The directory with an authority and the nodes that it vouches for: <c>ca.crt</c>, <c>ca.key</c>, and <c>NAME.crt</c>, <c>NAME.key</c> of each node. Nothing
/// in it is ever overwritten.
/// </summary>
public sealed class CertificateFiles(string directory)
{
    /// <summary>No node may have it.</summary>
    public const string AuthorityName = "ca";

    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode ReadableByAll = OwnerAlone | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly List<string> _written = [];

    /// <summary>Makes what is missing: the authority, once, and a certificate for each node.</summary>
    /// <param name="nodes">Whose names have no files yet.</param>
    /// <param name="now">The time.</param>
    /// <param name="validity">Of the nodes' certificates.</param>
    /// <param name="authorityValidity">Of the authority's, where it is made.</param>
    /// <returns>The files written, in order.</returns>
    /// <exception cref="CertificateException">Nothing was written: the message says why and how to mend it.</exception>
    public IReadOnlyList<string> Issue(IReadOnlyList<NodeIdentity> nodes, DateTimeOffset now, TimeSpan validity, TimeSpan authorityValidity)
    {
        DemandFree(nodes);
        try
        {
            using var authority = ReadAuthority(now) ?? MakeAuthority(now, authorityValidity);
            foreach (var node in nodes)
            {
                using var certificate = CertificateMaker.Issue(authority, node, now, validity);
                Write(node.Name, certificate);
            }
            return _written;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _written.ForEach(File.Delete);
            throw new CertificateException($"{directory} cannot be written to ({error.Message}): give another directory", error);
        }
    }

    private void DemandFree(IReadOnlyList<NodeIdentity> nodes)
    {
        foreach (var path in nodes.SelectMany(node => new[] { CertificateOf(node.Name), KeyOf(node.Name) }))
        {
            if (File.Exists(path))
                throw new CertificateException($"{path} is there already, and nothing is overwritten: choose another name, or move it away");
        }
    }

    /// <summary>Null: there is none yet.</summary>
    private X509Certificate2? ReadAuthority(DateTimeOffset now)
    {
        var (certificatePath, keyPath) = (CertificateOf(AuthorityName), KeyOf(AuthorityName));
        if (!File.Exists(certificatePath) && !File.Exists(keyPath))
            return null;
        X509Certificate2 authority;
        try
        {
            authority = X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
        }
        catch (Exception error) when (error is FileNotFoundException or CryptographicException or ArgumentException)
        {
            throw new CertificateException(
                $"{certificatePath} and {keyPath} must be there both and belong together ({error.Message}): put back what is missing, " +
                "or give another directory",
                error);
        }
        return CertificateChain.DateFaultOf(authority, now.LocalDateTime) is { } overdue
            ? throw new CertificateException($"{certificatePath}: {overdue}; make a new authority in another directory and give every node its files")
            : authority;
    }

    private X509Certificate2 MakeAuthority(DateTimeOffset now, TimeSpan validity)
    {
        if (OperatingSystem.IsLinux())
            Directory.CreateDirectory(directory, OwnerAlone | UnixFileMode.UserExecute);
        var authority = CertificateMaker.MakeAuthority(now, validity);
        Write(AuthorityName, authority);
        return authority;
    }

    private void Write(string name, X509Certificate2 certificate)
    {
        Write(CertificateOf(name), certificate.ExportCertificatePem(), ReadableByAll);
        using var key = certificate.GetECDsaPrivateKey()!;
        Write(KeyOf(name), key.ExportPkcs8PrivateKeyPem(), OwnerAlone);
    }

    private void Write(string path, string text, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (OperatingSystem.IsLinux())
            options.UnixCreateMode = mode;
        using var writer = new StreamWriter(path, options);
        _written.Add(path);
        writer.WriteLine(text);
    }

    private string CertificateOf(string name) => Path.Combine(directory, name + ".crt");

    private string KeyOf(string name) => Path.Combine(directory, name + ".key");
}

/// <summary>Certificates cannot be made; the message says why and how to mend it.</summary>
public sealed class CertificateException(string message, Exception? inner = null) : Exception(message, inner);
