using System.Net;
using System.Net.Sockets;
using TcpCopy.Cli.Hosting;
using TcpCopy.Contracts.Settings;
using Endpoint = TcpCopy.Core.Wire.Endpoint;

namespace TcpCopy.Cli.Http;

/// <summary>
/// A node's HTTP endpoint. It does nothing unless it is asked: there is a listening socket at first, and the web server comes with the first connection. On a
/// host where nobody asks, its 17 MB are production's.
/// </summary>
internal sealed class HttpHost : IAsyncDisposable
{
    private const int Backlog = 64;

    private readonly Socket _socket;
    private readonly CancellationTokenSource _end = new();
    private readonly Task<NodeServer?> _server;

    private HttpHost(Socket socket, HttpCertificates? certificates, Access access, NodeFace face)
    {
        _socket = socket;
        _server = ServeWhenAskedAsync(certificates, access, face);
    }

    /// <summary>Starts to listen.</summary>
    /// <returns>Null: it is switched off, or its address is taken, which is said; the node does without.</returns>
    /// <exception cref="HostException">A file that the settings name cannot be used, or the address is none of this host.</exception>
    public static HttpHost? Start(HttpSettings settings, NodeFace face)
    {
        if (settings.Listen is not { } listen)
            return null;
        var (certificates, access) = (HttpCertificates.Load(settings), Access.Of(settings));
        return Listen(listen) is { } socket ? new HttpHost(socket, certificates, access, face) : null;
    }

    /// <summary>Listens as long as some work lasts.</summary>
    /// <exception cref="HostException">As for <see cref="Start"/>; the work was not begun.</exception>
    public static async Task<T> ServeAsync<T>(HttpSettings settings, NodeFace face, Func<Task<T>> work)
    {
        var host = Start(settings, face);
        try
        {
            return await work().ConfigureAwait(false);
        }
        finally
        {
            if (host is not null)
                await host.DisposeAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        if (await _server.ConfigureAwait(false) is { } server)
            await server.DisposeAsync().ConfigureAwait(false);
        _socket.Dispose();
        _end.Dispose();
    }

    private async Task<NodeServer?> ServeWhenAskedAsync(HttpCertificates? certificates, Access access, NodeFace face)
    {
        Socket? first = null;
        try
        {
            first = await HeldListener.AcceptAsync(_socket, _end.Token).ConfigureAwait(false);
            return first is null ? null : await NodeServer.StartAsync(_socket, first, certificates, access, face).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception error)
        {
            // As when tcpcopy was installed anew under a node that runs. The node does its work all the same, and nobody waits for an answer.
            first?.Dispose();
            _socket.Dispose();
            NodeRun.Complain($"warning: the web server does not start: {error.GetBaseException().Message}; for metrics and the API start this node again");
            return null;
        }
    }

    /// <returns>Null: the place is taken, which is said.</returns>
    private static Socket? Listen(in Endpoint listen)
    {
        var place = IPEndPoint.Parse(listen.ToString());
        Socket? socket = null;
        try
        {
            socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            if (place.Address.Equals(IPAddress.IPv6Any))
                socket.DualMode = true;
            socket.Bind(place);
            socket.Listen(Backlog);
            return socket;
        }
        catch (SocketException error)
        {
            socket?.Dispose();
            if (error.SocketErrorCode != SocketError.AddressAlreadyInUse)
                throw new HostException($"cannot listen on {listen} for HTTP: {error.Message}; {RemedyFor(error.SocketErrorCode)}");
            NodeRun.Warn(
                $"{listen} is in use by another process: this node shows no metrics and no API; give it another address with --http");
            return null;
        }
    }

    private static string RemedyFor(SocketError error) => error == SocketError.AccessDenied
        ? "give a port above 1023 with --http, or the node the capability NET_BIND_SERVICE"
        : "give an address of this host with --http, or --http off";
}
