using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Net.Http.Headers;
using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Settings;

namespace TcpCopy.Cli.Http;

/// <summary>Decides who is answered: whoever has the token, if there is one. Whether the node lives and is ready everybody may know.</summary>
/// <param name="token">SHA-256 of the token; null: none is demanded.</param>
/// <param name="isOpen">Nobody has to show who it is, by token or certificate.</param>
/// <param name="isPage">It is people who ask, by their browsers: these send the token as a password.</param>
internal sealed class Access(byte[]? token, bool isOpen, bool isPage)
{
    private const string Scheme = "Bearer ";
    private const string PasswordScheme = "Basic ";
    private const string PasswordHint = "the token is the password";

    /// <exception cref="HostException">The token's file cannot be read, or holds none.</exception>
    public static Access Of(HttpSettings settings) => Of(settings, isPage: false);

    /// <summary>For the web page.</summary>
    /// <exception cref="HostException">The token's file cannot be read, or holds none.</exception>
    public static Access OfPage(HttpSettings settings) => Of(settings, isPage: true);

    /// <summary>The first line of a file.</summary>
    /// <exception cref="HostException">It cannot be read, or is empty.</exception>
    public static string ReadToken(string file)
    {
        try
        {
            var line = File.ReadLines(file).FirstOrDefault()?.Trim();
            return string.IsNullOrEmpty(line) ? throw new HostException($"{file}: its first line is empty; write the token there") : line;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HostException($"{file}: {error.Message}; give a file whose first line is the token");
        }
    }

    /// <summary>Passes a request on, or answers it with a refusal.</summary>
    public Task Check(HttpContext context, RequestDelegate next)
    {
        // A page in a browser on this host must not read the endpoint by giving its own name this host's address.
        if (isOpen && !IsThisHost(context.Request.Host.Host))
            return RefuseAsync(context, StatusCodes.Status421MisdirectedRequest, "name this host by its address or as localhost");
        // A browser opens a WebSocket to this host for any page that it shows, password and all, and says for which (RFC 6455, section 10.2).
        if (isPage && context.Request.Headers.Origin is [{ } origin] && !IsOwn(origin, context.Request))
            return RefuseAsync(context, StatusCodes.Status403Forbidden, "other pages are not answered");
        if (token is null || context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal) || HasToken(context.Request))
            return next(context);
        context.Response.Headers[HeaderNames.WWWAuthenticate] = isPage ? PasswordScheme + $"realm=\"tcpcopy: {PasswordHint}\"" : Scheme.TrimEnd();
        return RefuseAsync(context, StatusCodes.Status401Unauthorized, isPage ? PasswordHint : "send the token: Authorization: Bearer ...");
    }

    private static Access Of(HttpSettings settings, bool isPage) => new(
        settings.TokenFile is { } file ? SHA256.HashData(Encoding.UTF8.GetBytes(ReadToken(file))) : null,
        settings.TokenFile is null && settings.ClientAuthorityFile is null,
        isPage);

    private bool HasToken(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        var shown = header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim())
            : isPage && header.StartsWith(PasswordScheme, StringComparison.OrdinalIgnoreCase) ? PasswordOf(header[PasswordScheme.Length..].Trim())
            : null;
        return shown is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(shown), token);
    }

    /// <summary>What stands behind the name, whatever that is (RFC 7617, section 2); null: it is none.</summary>
    private static byte[]? PasswordOf(string credentials)
    {
        var bytes = new byte[credentials.Length];
        if (!Convert.TryFromBase64String(credentials, bytes, out var length))
            return null;
        var colon = Array.IndexOf(bytes, (byte)':', 0, length);
        return colon < 0 ? null : bytes[(colon + 1)..length];
    }

    private static bool IsOwn(string origin, HttpRequest request) =>
        origin.EndsWith($"://{request.Host}", StringComparison.OrdinalIgnoreCase);

    private static bool IsThisHost(string host) =>
        host.Length == 0 || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || IPAddress.TryParse(host.Trim('[', ']'), out _);

    private static Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(reason + "\n");
    }
}
