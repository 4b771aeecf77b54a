using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using TcpCopy.Node.Security;

namespace TcpCopy.Node.Remoting.Tls;

/// <summary>
/// One connection's TLS: 1.3 alone, both sides with a certificate, nothing resumed, so that each connection is checked in full. The protocol is .NET's; what
/// it would read from and write to a network lies in memory. Loop thread only.
/// </summary>
internal sealed class TlsSession : IDisposable
{
    /// <summary>A record's (RFC 8446 section 5.1).</summary>
    private const int RecordBytes = 16 * 1024;

    /// <summary>Sealed at once: what a slow peer has not taken is not kept twice.</summary>
    private const int MostSealedBytes = 256 * 1024;

    private readonly SealedStream _stream = new();
    private readonly SslStream _tls;
    private readonly PeerCheck _check;
    private readonly Func<SslStream, Task> _authenticate;

    private TlsSession(PeerCheck check, Func<SslStream, Task> authenticate)
    {
        (_check, _authenticate) = (check, authenticate);
        _tls = new SslStream(_stream, leaveInnerStreamOpen: true);
    }

    /// <summary>Why the peer's certificate was refused; null: it was not.</summary>
    public string? Refusal => _check.Refusal;

    /// <summary>What the peer's certificate says that it is.</summary>
    public IReadOnlyList<string> PeerRoles => _check.PeerRoles;

    /// <summary>Where the socket's bytes go; <see cref="Announce"/> says so.</summary>
    public FrameBuffer Received => _stream.Received;

    /// <summary>What the socket is to send.</summary>
    public FrameBuffer ToSend => _stream.ToSend;

    /// <summary>For a connection that a peer made.</summary>
    /// <param name="credentials">Of the node.</param>
    /// <param name="place">Where it came from.</param>
    public static TlsSession OfServer(NodeCredentials credentials, IPEndPoint place)
    {
        var check = new PeerCheck(place.Address, demanded: null);
        var options = new SslServerAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            ServerCertificateContext = credentials.Context,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = check.IsWelcome,
            CertificateChainPolicy = CertificateChain.PolicyFor(credentials.Authorities, DateTime.Now),
            AllowTlsResume = false,
        };
        return new TlsSession(check, tls => tls.AuthenticateAsServerAsync(options));
    }

    /// <summary>For a connection that this node made.</summary>
    /// <param name="credentials">Of the node.</param>
    /// <param name="place">Where to.</param>
    /// <param name="demanded">The role that the peer must have; null: any.</param>
    public static TlsSession OfClient(NodeCredentials credentials, IPEndPoint place, string? demanded)
    {
        var check = new PeerCheck(place.Address, demanded);
        var options = new SslClientAuthenticationOptions
        {
            EnabledSslProtocols = SslProtocols.Tls13,
            TargetHost = $"{place.Address}",
            ClientCertificateContext = credentials.Context,
            RemoteCertificateValidationCallback = check.IsWelcome,
            CertificateChainPolicy = CertificateChain.PolicyFor(credentials.Authorities, DateTime.Now),
            AllowTlsResume = false,
        };
        return new TlsSession(check, tls => tls.AuthenticateAsClientAsync(options));
    }

    /// <summary>Completed, on the loop's thread, when each side knows the other.</summary>
    public Task AuthenticateAsync() => _authenticate(_tls);

    public void Announce() => _stream.Announce();

    public void EndOfInput() => _stream.EndOfInput();

    /// <summary>Seals some of what is there, unless the last of it has not been sent yet.</summary>
    /// <returns><see cref="ToSend"/>.</returns>
    public FrameBuffer Seal(FrameBuffer plain)
    {
        if (ToSend.Count == 0 && plain.Count > 0)
        {
            var count = Math.Min(plain.Count, MostSealedBytes);
            _tls.Write(plain.Filled[..count]);
            plain.Consume(count);
        }
        return ToSend;
    }

    /// <summary>Opens what comes into <paramref name="plain"/> and calls back each time, up to the end of the input.</summary>
    /// <exception cref="Exception">What came was not sealed by the peer, or the peer said that it ends.</exception>
    public async Task OpenAsync(FrameBuffer plain, Action onOpened)
    {
        while (await _tls.ReadAsync(plain.ReserveMemory(RecordBytes)).ConfigureAwait(false) is > 0 and var count)
        {
            plain.Commit(count);
            onOpened();
        }
    }

    public void Dispose()
    {
        _tls.Dispose();
        _stream.Dispose();
    }
}
