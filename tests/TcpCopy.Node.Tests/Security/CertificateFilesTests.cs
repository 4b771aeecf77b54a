using System.Net;
using System.Security.Cryptography.X509Certificates;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Security;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Node.Tests.Security;

/// <summary>Files of certificates on disk: made, read at a node's start, and refused there where the node's peers would refuse them.</summary>
public sealed class CertificateFilesTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.Now;
    private static readonly TimeSpan Month = TimeSpan.FromDays(30);
    private static readonly HostAddress Here = HostAddress.Parse("10.0.0.13");

    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void What_is_made_is_what_a_node_starts_with()
    {
        var written = Issue("a", Node("shop", "copier") with { Addresses = [IPAddress.Parse("10.0.0.13")] });

        Assert.Equal(["ca.crt", "ca.key", "shop.crt", "shop.key"], written.Select(Path.GetFileName));
        Assert.Equal("shop", Read("a", "shop", "copier").Certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf("a/ca.key"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf("a/shop.key"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, ModeOf("a"));
    }

    [Fact]
    public void One_more_node_is_vouched_for_by_the_authority_that_is_there()
    {
        Issue("a", Node("shop", "copier"));
        var before = File.ReadAllText(At("a/ca.crt"));

        Assert.Equal(["test.crt", "test.key"], Issue("a", Node("test", "interceptor")).Select(Path.GetFileName));

        Assert.Equal(before, File.ReadAllText(At("a/ca.crt")));
        Read("a", "test", "interceptor");
    }

    [Fact]
    public void Nothing_is_overwritten_and_nothing_half_made_is_left()
    {
        Issue("a", Node("shop", "copier"));
        var before = File.ReadAllText(At("a/shop.key"));

        var error = Assert.Throws<CertificateException>(() => Issue("a", Node("other", "copier"), Node("shop", "copier")));

        Assert.Contains("shop.crt is there already", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(At("a/shop.key")));
        Assert.False(File.Exists(At("a/other.crt")));
    }

    [Fact]
    public void A_directory_that_cannot_be_made_is_named()
    {
        _scratch.Write("file", "");
        var error = Assert.Throws<CertificateException>(() => Issue("file/a", Node("shop", "copier")));
        Assert.Contains("cannot be written to", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_authority_without_its_key_is_refused()
    {
        Issue("a", Node("shop", "copier"));
        File.Delete(At("a/ca.key"));
        var error = Assert.Throws<CertificateException>(() => Issue("a", Node("test", "copier")));
        Assert.Contains("must be there both", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_authority_that_is_overdue_is_refused()
    {
        new CertificateFiles(At("a")).Issue([Node("shop", "copier")], Now - 2 * Month, Month, Month);
        var error = Assert.Throws<CertificateException>(() => Issue("a", Node("test", "copier")));
        Assert.Contains("expired on", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_node_is_valid_for_longer_than_its_authority()
    {
        new CertificateFiles(At("a")).Issue([Node("shop", "copier")], Now, 10 * Month, Month);
        using var authority = X509CertificateLoader.LoadCertificateFromFile(At("a/ca.crt"));
        Assert.Equal(authority.NotAfter, Read("a", "shop", "copier").Certificate.NotAfter);
    }

    [Fact]
    public void Everything_wrong_with_the_files_is_said_with_path_and_remedy()
    {
        var files = new TlsSettings(At("no.crt"), _scratch.Write("bad.crt", "x"), _scratch.Write("bad.key", "y"));
        var error = Assert.Throws<SettingsException>(() => CredentialsReader.Read(files, "copier", Here, Now.LocalDateTime));
        Assert.Equal(["tcpcopy.tls.ca", "tcpcopy.tls.certificate", "tcpcopy.tls.key"], error.Errors.Select(fault => fault.Place));
        Assert.Contains("there is no such file", error.Errors[0].Remedy, StringComparison.Ordinal);
        Assert.Contains("there is no certificate in it", error.Errors[1].Remedy, StringComparison.Ordinal);
        Assert.Contains("there is no private key in it", error.Errors[2].Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_others_may_read_is_refused()
    {
        Issue("a", Node("shop", "copier"));
        File.SetUnixFileMode(At("a/shop.key"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        AssertRefused("key", "chmod 600", () => Read("a", "shop", "copier"));
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused()
    {
        Issue("a", Node("shop", "copier"), Node("test", "copier"));
        File.Copy(At("a/test.key"), At("a/shop.key"), overwrite: true);
        AssertRefused("key", "does not belong to the certificate", () => Read("a", "shop", "copier"));
    }

    [Fact]
    public void An_encrypted_key_is_refused()
    {
        Issue("a", Node("shop", "copier"));
        File.WriteAllText(At("a/shop.key"), "-----BEGIN ENCRYPTED PRIVATE KEY-----");
        AssertRefused("key", "is encrypted", () => Read("a", "shop", "copier"));
    }

    [Fact]
    public void A_certificate_that_peers_would_refuse_is_refused_at_the_start()
    {
        Issue("a", Node("shop", "copier"), Node("there", "copier") with { Addresses = [IPAddress.Parse("10.0.0.14")] });
        Issue("b", Node("shop", "copier"));
        AssertRefused("certificate", "'shop' expired on", () => Read("a", "shop", "copier", Now + 2 * Month));
        AssertRefused("certificate", "'shop' is not valid before", () => Read("a", "shop", "copier", Now - Month));
        AssertRefused("certificate", "that of a copier, and this node is an interceptor", () => Read("a", "shop", "interceptor"));
        AssertRefused("certificate", "it is for 10.0.0.14, and this node announces 10.0.0.13", () => Read("a", "there", "copier"));
        File.Copy(At("b/ca.crt"), At("a/ca.crt"), overwrite: true);
        AssertRefused("certificate", "'shop' is not of this cluster's authority", () => Read("a", "shop", "copier"));
    }

    private static void AssertRefused(string name, string remedy, Action read)
    {
        var fault = Assert.Single(Assert.Throws<SettingsException>(read).Errors);
        Assert.Equal($"tcpcopy.tls.{name}", fault.Place);
        Assert.Contains(remedy, fault.Remedy, StringComparison.Ordinal);
    }

    private NodeCredentials Read(string directory, string name, string role) => Read(directory, name, role, Now);

    private NodeCredentials Read(string directory, string name, string role, DateTimeOffset now) => CredentialsReader.Read(
        new TlsSettings(At($"{directory}/ca.crt"), At($"{directory}/{name}.crt"), At($"{directory}/{name}.key")), role, Here, now.LocalDateTime);

    private IReadOnlyList<string> Issue(string directory, params NodeIdentity[] nodes) =>
        new CertificateFiles(At(directory)).Issue(nodes, Now, Month, 12 * Month);

    private static NodeIdentity Node(string name, string role) => new(name, [role], []);

    private string At(string name) => _scratch.At(name);

    private UnixFileMode ModeOf(string name) => File.GetUnixFileMode(At(name));
}
