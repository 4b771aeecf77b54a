using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace TcpCopy.Cli.Http;

/// <summary>Has a web server listen on a socket that listens already, and from which a first connection was taken before there was a server.</summary>
/// <param name="socket">Is closed with the server.</param>
/// <param name="first">The first that the server gets.</param>
internal sealed class HeldListener(Socket socket, Socket first) : IConnectionListenerFactory, IConnectionListener
{
    /// <summary>The host may be short of descriptors: asked again at once it would be asked without end.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(100);

    private readonly SocketConnectionContextFactory _contexts = new(new SocketConnectionFactoryOptions(), NullLogger.Instance);
    private Socket? _first = first;

    public EndPoint EndPoint => socket.LocalEndPoint!;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        var next = Interlocked.Exchange(ref _first, null) ?? await AcceptAsync(socket, cancellationToken).ConfigureAwait(false);
        if (next is null)
            return null;
        // An answer goes out in several pieces: none waits for the acknowledgement of the one before.
        next.NoDelay = true;
        return _contexts.Create(next);
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        _first?.Dispose();
        _contexts.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <returns>Null: the socket was closed meanwhile.</returns>
    /// <exception cref="OperationCanceledException">No connection came before.</exception>
    public static async Task<Socket?> AcceptAsync(Socket socket, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                return await socket.AcceptAsync(cancel).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.OperationAborted)
            {
                return null;
            }
            catch (SocketException)
            {
                await Task.Delay(RetryAfter, cancel).ConfigureAwait(false);
            }
        }
    }
}
