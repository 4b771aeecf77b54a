using System.Net;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Api;
using TcpCopy.Contracts.Settings;

namespace TcpCopy.Cli.Http;

/// <summary>How whoever asks shows who it is, and whom it believes.</summary>
/// <param name="Token">Null: none.</param>
/// <param name="AuthorityFile">PEM; null: the system's authorities.</param>
/// <param name="CertificateFile">PEM; null: none is shown.</param>
/// <param name="KeyFile">PEM.</param>
internal sealed record ClientTrust(string? Token, string? AuthorityFile, string? CertificateFile, string? KeyFile);

/// <summary>Asks one node, local or remote, over HTTP.</summary>
internal sealed class NodeClient : INodeClient, IDisposable
{
    /// <summary>Shorter than the page's patience, which is told that nobody is there. The kernel's third try has a second for its answer.</summary>
    public static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(4);

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private readonly HttpClient _http;

    /// <exception cref="HostException">The address is none, or a file cannot be used.</exception>
    public NodeClient(string node, ClientTrust trust)
    {
        Name = node;
        // A node is asked where it is, whatever proxies there are for the outside world.
        _http = new HttpClient(MakeHandler(trust)) { BaseAddress = AddressOf(node, trust), Timeout = Limit };
        if (trust.Token is { Length: > 0 } token)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>As it was given.</summary>
    public string Name { get; }

    /// <exception cref="NodeClientException">No answer, or a refusal.</exception>
    public Task<NodeStatus> ReadStatusAsync(CancellationToken cancel) => GetAsync("/api/status", ApiJson.Default.NodeStatus, cancel);

    /// <exception cref="NodeClientException">No answer, or a refusal.</exception>
    public Task<Report> ReadReportAsync(CancellationToken cancel) => GetAsync("/api/report", ApiJson.Default.Report, cancel);

    /// <exception cref="NodeClientException">No answer, or a refusal.</exception>
    public Task<SessionList> FindSessionsAsync(string query, CancellationToken cancel) =>
        GetAsync($"/api/sessions?{query}", ApiJson.Default.SessionList, cancel);

    /// <exception cref="NodeClientException">No answer, or a refusal.</exception>
    public Task<SessionInside?> DescribeSessionAsync(string id, CancellationToken cancel) =>
        AskAsync(HttpMethod.Get, $"/api/sessions/{Uri.EscapeDataString(id)}", ApiJson.Default.SessionInside, isOptional: true, cancel);

    /// <exception cref="NodeClientException">No answer, or a refusal.</exception>
    public Task<ResumeAnswer> ResumeAsync(CancellationToken cancel) => DemandAsync(HttpMethod.Post, "/api/resume", ApiJson.Default.ResumeAnswer, cancel);

    public void Dispose() => _http.Dispose();

    /// <summary>"10.0.0.13", "10.0.0.13:9636", "[::1]:9636" or a whole address. With certificates the node is asked by HTTPS, and never in the clear.</summary>
    private static Uri AddressOf(string node, ClientTrust trust)
    {
        var isSecure = trust.AuthorityFile is not null || trust.CertificateFile is not null;
        var text = node.Contains("://", StringComparison.Ordinal) ? node : $"{(isSecure ? "https" : "http")}://{node}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.Host.Length == 0)
            throw new HostException($"'{node}' is no node: give host[:port], IPv6 in brackets, or an https:// address");
        if (isSecure && address.Scheme == "http")
            throw new HostException($"'{node}' would be asked in the clear, without the certificates that were given: name it with https://");
        var hasPort = text.AsSpan(text.IndexOf("://", StringComparison.Ordinal) + 3).TrimEnd('/') is var place && place.EndsWith($":{address.Port}");
        return hasPort ? address : new UriBuilder(address) { Port = HttpSettings.DefaultPort }.Uri;
    }

    private static SocketsHttpHandler MakeHandler(ClientTrust trust)
    {
        var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = ConnectLimit };
        if (trust.AuthorityFile is { } file)
        {
            var authority = HttpCertificates.LoadAuthority(file);
            handler.SslOptions.CertificateChainPolicy = HttpCertificates.PolicyFor(authority);
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, faults) =>
                (faults & SslPolicyErrors.RemoteCertificateNameMismatch) == 0
                && certificate is X509Certificate2 shown && HttpCertificates.IsSignedBy(shown, authority);
        }
        if (trust.CertificateFile is { } own)
            handler.SslOptions.ClientCertificates = [HttpCertificates.LoadOwn(own, trust.KeyFile ?? own)];
        return handler;
    }

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel) => DemandAsync(HttpMethod.Get, path, type, cancel);

    private async Task<T> DemandAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, CancellationToken cancel) =>
        await AskAsync(method, path, type, isOptional: false, cancel).ConfigureAwait(false)
            ?? throw new NodeClientException($"{Name} answered nothing to {path}");

    /// <param name="isOptional">What is asked for may not be there: null then.</param>
    private async Task<T?> AskAsync<T>(HttpMethod method, string path, JsonTypeInfo<T> type, bool isOptional, CancellationToken cancel)
    {
        try
        {
            using var question = new HttpRequestMessage(method, path);
            using var answer = await _http.SendAsync(question, cancel).ConfigureAwait(false);
            if (isOptional && answer.StatusCode == HttpStatusCode.NotFound)
                return default;
            if (answer.StatusCode == HttpStatusCode.Unauthorized)
                throw new NodeClientException($"{Name} asks for its token: give the file that has it with --token-file");
            var body = await answer.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            if (!answer.IsSuccessStatusCode)
            {
                var isReasoned = answer.Content.Headers.ContentType?.MediaType == MediaTypeNames.Application.Json;
                var refusal = isReasoned ? await JsonSerializer.DeserializeAsync(body, ApiJson.Default.ApiError, cancel).ConfigureAwait(false) : null;
                throw new NodeClientException($"{Name}: " + (refusal?.Error
                    ?? $"it answered {(int)answer.StatusCode} to {path}: is it a tcpcopy node of this version that does this?"));
            }
            return await JsonSerializer.DeserializeAsync(body, type, cancel).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or JsonException || (error is TaskCanceledException && !cancel.IsCancellationRequested))
        {
            throw new NodeClientException(
                $"{Name} does not answer ({error.GetBaseException().Message}): is the node running, with --http on this address?", error);
        }
    }
}
