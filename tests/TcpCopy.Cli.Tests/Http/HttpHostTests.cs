using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TcpCopy.Cli.Commands;
using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Http;
using TcpCopy.Contracts.Api;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Processes;
using TcpCopy.Web.Feed;
using Xunit;
using Endpoint = TcpCopy.Core.Wire.Endpoint;

namespace TcpCopy.Cli.Tests.Http;

/// <summary>The endpoint of a node whose actors do not run yet: who is answered, and what stands there at once.</summary>
public sealed class HttpHostTests : IDisposable
{
    private readonly ScratchDirectory _files = new();
    private readonly NodeFace _face = new("copier");

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task A_node_lives_before_it_is_ready_and_shows_its_own_figures()
    {
        var settings = Settings();
        await using var host = HttpHost.Start(settings, _face);
        using var client = new HttpClient();

        Assert.Equal("live\n", await client.GetStringAsync(At(settings, "/health/live"), Cancel));
        using var ready = await client.GetAsync(At(settings, "/health/ready"), Cancel);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "starting\n"), (ready.StatusCode, await ready.Content.ReadAsStringAsync(Cancel)));
        var metrics = await client.GetStringAsync(At(settings, "/metrics"), Cancel);
        Assert.Contains("# TYPE tcpcopy_cpu_seconds_total counter", metrics, StringComparison.Ordinal);
        Assert.Contains("\ntcpcopy_ready{} 0", metrics, StringComparison.Ordinal);
        Assert.Equal("[]", await client.GetStringAsync(At(settings, "/api/nodes"), Cancel));
        Assert.Contains("\"role\":\"copier\"", await client.GetStringAsync(At(settings, "/api/status"), Cancel), StringComparison.Ordinal);
        using var sessions = await client.GetAsync(At(settings, "/api/sessions"), Cancel);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, sessions.StatusCode);
    }

    [Fact]
    public async Task Each_run_of_a_node_has_a_start_of_its_own_that_does_not_change()
    {
        var settings = Settings();
        await using var host = HttpHost.Start(settings, _face);
        using var client = new NodeClient($"{settings.Listen}", new ClientTrust(null, null, null, null));
        var (first, second) = (await client.ReadStatusAsync(Cancel), await client.ReadStatusAsync(Cancel));

        Assert.Equal(first.StartedAt, second.StartedAt);
        Assert.NotEqual(first.StartedAt, new NodeFace("copier").StartedAt);
    }

    [Fact]
    public async Task With_a_token_nobody_else_is_told_more_than_that_the_node_lives()
    {
        var settings = Settings() with { TokenFile = _files.Write("token", "s3cret\n") };
        await using var host = HttpHost.Start(settings, _face);
        using var client = new HttpClient();

        Assert.Equal(HttpStatusCode.OK, await AskAsync("/health/live", token: null));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("/metrics", token: null));
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync("/api/status", token: "s3cre"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("/metrics", token: "s3cret"));
        Assert.Equal(HttpStatusCode.OK, await AskAsync("/api/status", token: "s3cret"));

        async Task<HttpStatusCode> AskAsync(string path, string? token)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, At(settings, path));
            request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
            using var answer = await client.SendAsync(request, Cancel);
            return answer.StatusCode;
        }
    }

    [Theory]
    [InlineData(" s3cret\n")]
    [InlineData("\r\ns3cret \r\nand more\n")]
    public async Task A_token_in_the_environment_is_its_first_line_as_in_a_file(string variable)
    {
        var settings = Settings() with { TokenFile = _files.Write("token", "s3cret\n") };
        await using var host = HttpHost.Start(settings, _face);
        Environment.SetEnvironmentVariable(NodeClientOptions.TokenVariable, variable);
        try
        {
            using var client = NodeClientOptions.Open(CommandLine.Build().Parse([StatusCommand.Name]), $"{settings.Listen}");
            Assert.Equal("copier", (await client.ReadStatusAsync(Cancel)).Role);
        }
        finally
        {
            Environment.SetEnvironmentVariable(NodeClientOptions.TokenVariable, null);
        }
    }

    [Fact]
    public async Task A_name_that_only_claims_to_be_this_host_is_not_answered()
    {
        var settings = Settings();
        await using var host = HttpHost.Start(settings, _face);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, At(settings, "/api/status"));
        request.Headers.Host = "attacker.example";

        using var answer = await client.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
    }

    [Fact]
    public async Task To_resume_copying_takes_a_copier_the_token_and_no_browser()
    {
        var settings = Settings() with { TokenFile = _files.Write("token", "s3cret\n") };
        await using var host = HttpHost.Start(settings, _face);
        using var client = new HttpClient();

        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(token: null, origin: null));
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync("s3cret", "http://attacker.example"));
        // Its actors do not run yet.
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PostAsync("s3cret", origin: null));
        using var read = await client.GetAsync(At(settings, "/api/resume"), Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, read.StatusCode);

        async Task<HttpStatusCode> PostAsync(string? token, string? origin)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, At(settings, "/api/resume"));
            request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
            if (origin is not null)
                request.Headers.Add("Origin", origin);
            using var answer = await client.SendAsync(request, Cancel);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task Why_a_node_does_not_do_what_it_is_asked_is_told()
    {
        Assert.Equal("only a copier compares", await AskAsync(new NodeFace("interceptor")));
        // Its actors do not run yet.
        Assert.Equal("the copier is starting; ask again", await AskAsync(_face));

        static async Task<string> AskAsync(NodeFace face)
        {
            var settings = Settings();
            await using var host = HttpHost.Start(settings, face);
            using var client = new NodeClient($"{settings.Listen}", new ClientTrust(null, null, null, null));
            var error = await Assert.ThrowsAsync<NodeClientException>(() => client.ReadReportAsync(Cancel));
            return error.Message[$"{settings.Listen}: ".Length..];
        }
    }

    [Fact]
    public void That_nobody_is_there_is_known_before_the_page_loses_its_patience() => Assert.True(NodeClient.ConnectLimit < new WatchPace().Patience);

    [Fact]
    public async Task Client_certificates_are_those_of_our_own_authority()
    {
        using var authority = MakeAuthority("our authority");
        using var stranger = MakeAuthority("another authority");
        var (own, ownKey) = WriteCertificate("node", authority);
        var ca = _files.Write("ca.pem", authority.ExportCertificatePem());
        var settings = Settings() with { CertificateFile = own, KeyFile = ownKey, ClientAuthorityFile = ca };
        await using var host = HttpHost.Start(settings, _face);
        var (ours, oursKey) = WriteCertificate("ours", authority);
        var (theirs, theirsKey) = WriteCertificate("theirs", stranger);

        using (var client = new NodeClient($"https://{settings.Listen}", new ClientTrust(null, ca, ours, oursKey)))
            Assert.Equal("copier", (await client.ReadStatusAsync(Cancel)).Role);
        // Whoever gives certificates never asks in the clear.
        using (var client = new NodeClient($"{settings.Listen}", new ClientTrust(null, ca, ours, oursKey)))
            Assert.Equal("copier", (await client.ReadStatusAsync(Cancel)).Role);
        Assert.Throws<HostException>(() => new NodeClient($"http://{settings.Listen}", new ClientTrust(null, ca, null, null)));
        using (var client = new NodeClient($"https://{settings.Listen}", new ClientTrust(null, ca, theirs, theirsKey)))
            await Assert.ThrowsAsync<NodeClientException>(() => client.ReadStatusAsync(Cancel));
        using (var client = new NodeClient($"https://{settings.Listen}", new ClientTrust(null, null, ours, oursKey)))
            await Assert.ThrowsAsync<NodeClientException>(() => client.ReadStatusAsync(Cancel));
    }

    [Fact]
    public void Nobody_is_asked_about_a_stranger_s_certificate()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var authority = MakeAuthority("ours");
        using var stranger = MakeAuthority("theirs");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=somebody", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(ocspUris: null, [$"http://{listener.LocalEndpoint}/ca.crt"]));
        using var shown = request.Create(stranger, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), [1]);

        Assert.False(HttpCertificates.IsSignedBy(shown, authority));
        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task Whoever_comes_first_and_asks_nothing_keeps_nobody_from_an_answer()
    {
        foreach (var goesAway in new[] { true, false })
        {
            var settings = Settings();
            await using var host = HttpHost.Start(settings, _face);
            using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await first.ConnectAsync(IPEndPoint.Parse($"{settings.Listen}"), Cancel);
            if (goesAway)
                first.Close(0);
            using var client = new NodeClient($"{settings.Listen}", new ClientTrust(null, null, null, null));
            Assert.Equal("copier", (await client.ReadStatusAsync(Cancel)).Role);
        }
    }

    [Fact]
    public async Task A_node_gives_up_its_place_whether_it_was_asked_or_not()
    {
        foreach (var isAsked in new[] { true, false })
        {
            var settings = Settings();
            await using (HttpHost.Start(settings, _face))
            {
                if (isAsked)
                {
                    using var client = new NodeClient($"{settings.Listen}", new ClientTrust(null, null, null, null));
                    Assert.Equal("copier", (await client.ReadStatusAsync(Cancel)).Role);
                }
            }
            using var next = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            next.Bind(IPEndPoint.Parse($"{settings.Listen}"));
            next.Listen();
        }
    }

    [Fact]
    public void Files_that_cannot_be_used_are_named()
    {
        var missing = Assert.Throws<HostException>(() => HttpHost.Start(Settings() with { TokenFile = _files.At("none") }, _face));
        Assert.Contains("first line is the token", missing.Message, StringComparison.Ordinal);
        var empty = _files.Write("empty", "\n");
        Assert.Throws<HostException>(() => HttpHost.Start(Settings() with { TokenFile = empty }, _face));
        Assert.Throws<HostException>(() => HttpHost.Start(Settings() with { CertificateFile = empty, KeyFile = empty }, _face));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static HttpSettings Settings()
    {
        // Free now, and nobody else of this process asks for one.
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return new HttpSettings { Listen = new Endpoint(HostAddress.Parse("127.0.0.1"), (ushort)((IPEndPoint)probe.LocalEndPoint!).Port) };
    }

    private static Uri At(HttpSettings settings, string path) => new($"http://{settings.Listen}{path}");

    private static X509Certificate2 MakeAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private (string Certificate, string Key) WriteCertificate(string name, X509Certificate2 authority)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var serial = RandomNumberGenerator.GetBytes(8);
        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), serial);
        return (_files.Write($"{name}.pem", certificate.ExportCertificatePem()), _files.Write($"{name}.key", key.ExportPkcs8PrivateKeyPem()));
    }
}
