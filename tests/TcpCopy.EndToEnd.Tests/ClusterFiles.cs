using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>The files of a cluster as <c>tcpcopy certs</c> makes them: a copier "shop", an interceptor "test".</summary>
internal sealed class ClusterFiles : IDisposable
{
    private const string TargetAddress = "10.77.0.3";

    private readonly ScratchDirectory _scratch = new();

    private ClusterFiles()
    {
    }

    public static async Task<ClusterFiles> MakeAsync(LabHost host)
    {
        var files = new ClusterFiles();
        (await host.RunAsync(
            NodeProcess.Executable, "certs", files.At(""), "--copier", "shop", "--interceptor", $"test@{TargetAddress}")).Checked();
        return files;
    }

    public string At(string name) => _scratch.At(name);

    /// <returns>Where it is.</returns>
    public string Write(string name, string content) => _scratch.Write(name, content);

    /// <summary>A settings file with this node's certificate.</summary>
    /// <param name="node">Name of its files.</param>
    /// <param name="key">Name of its key's file; null: the same.</param>
    /// <param name="more">Further settings.</param>
    public string Settings(string node, string? key = null, string more = "") => _scratch.Write(
        $"{node}-{Guid.NewGuid():N}.conf",
        $$"""
        tcpcopy.tls { ca = "{{At("ca.crt")}}", certificate = "{{At(node + ".crt")}}", key = "{{At((key ?? node) + ".key")}}" }
        {{more}}
        """);

    /// <summary>A certificate by the cluster's authority that the verb makes for nobody.</summary>
    /// <param name="name">Of its files.</param>
    /// <param name="dnsName">What it names; null: nothing.</param>
    /// <param name="notAfter">Until when it is valid.</param>
    public void Forge(string name, string? dnsName, DateTimeOffset notAfter)
    {
        using var authority = X509Certificate2.CreateFromPemFile(At("ca.crt"), At("ca.key"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        if (dnsName is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(dnsName);
            request.CertificateExtensions.Add(names.Build());
        }
        using var certificate = request.Create(authority, authority.NotBefore, notAfter, RandomNumberGenerator.GetBytes(16));
        _scratch.Write(name + ".crt", certificate.ExportCertificatePem());
        _scratch.Write(name + ".key", key.ExportPkcs8PrivateKeyPem());
        File.SetUnixFileMode(At(name + ".key"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose() => _scratch.Dispose();
}
