using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport;
using TcpCopy.Node.Loop;

namespace TcpCopy.Node.Remoting;

/// <summary>
/// Akka.Remote's way over TCP, on the node's own event loop: a message is read, decoded, and handled by the thread that waited for it, and the messages
/// of a turn leave together at its end. Through pools of threads each of them cost several wake-ups, more than all the work on it.
/// <para>On the wire a message is its length in four bytes, least first, and then itself, as with Akka's own transport.</para>
/// </summary>
public sealed class LoopTransport : Transport
{
    private const int LevelSocket = 1;
    private const int OptionReuseAddress = 2;

    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly EventLoop _loop;
    private readonly ILoggingAdapter _log;
    private readonly TimeSpan _connectionTimeout;
    private readonly TaskCompletionSource<IAssociationEventListener> _listener = new();
    private readonly HashSet<LoopConnection> _connections = new(ReferenceEqualityComparer.Instance);
    private readonly List<LoopConnection> _written = [];
    private Socket? _server;
    private LoopWatch? _watch;
    private IDisposable? _endOfTurn;
    private Address? _localAddress;

    /// <summary>Made by Akka.Remote, by this name in the configuration.</summary>
    /// <param name="system">Of the node.</param>
    /// <param name="config">Section <c>akka.remote.loop-tcp</c>.</param>
    public LoopTransport(ActorSystem system, Config config)
    {
        (System, Config) = (system, config);
        SchemeIdentifier = "tcp";
        MaximumPayloadBytes = config.GetByteSize("maximum-frame-size") ?? throw new ConfigurationException("maximum-frame-size is missing");
        _connectionTimeout = config.GetTimeSpan("connection-timeout");
        _log = Logging.GetLogger(system, this);
        _loop = ((LoopDispatcher)system.Dispatchers.Lookup(config.GetString("dispatcher"))).Loop;
    }

    internal EventLoop Loop => _loop;

    internal ILoggingAdapter Log => _log;

    public override bool IsResponsibleFor(Address remote) => true;

    public override Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        var place = new IPEndPoint(IPAddress.Parse(Config.GetString("hostname")), Config.GetInt("port"));
        _server = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        // Not by .NET's ReuseAddress, which would let two nodes share the port.
        _server.SetRawSocketOption(LevelSocket, OptionReuseAddress, BitConverter.GetBytes(1));
        _server.Bind(place);
        _server.Listen(Config.GetInt("backlog"));
        _localAddress = AddressOf((IPEndPoint)_server.LocalEndPoint!);
        _listener.Task.ContinueWith(_ => _loop.Execute(BeginAccepting), TaskScheduler.Default);
        return Task.FromResult((_localAddress, _listener));
    }

    public override Task<AssociationHandle> Associate(Address remoteAddress)
    {
        var promise = new TaskCompletionSource<AssociationHandle>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (IPAddress.TryParse(remoteAddress.Host, out var host) && remoteAddress.Port is { } port)
            _loop.Execute(() => _ = new LoopConnect(_loop, new IPEndPoint(host, port), _connectionTimeout, OnEnd));
        else
            promise.SetException(new InvalidAssociationException($"{remoteAddress} names no address and port"));
        return promise.Task;

        void OnEnd(Socket? socket, string fault) => OnConnected(promise, remoteAddress, socket, fault);
    }

    public override Task<bool> Shutdown()
    {
        var promise = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Execute(() =>
        {
            _watch?.Dispose();
            _server?.Dispose();
            foreach (var connection in _connections.ToArray())
                connection.Close();
            _endOfTurn?.Dispose();
            promise.SetResult(true);
        });
        return promise.Task;
    }

    /// <summary>Loop thread only: the connection has something to send at the end of the turn.</summary>
    internal void FlushAtEndOfTurn(LoopConnection connection) => _written.Add(connection);

    internal void Forget(LoopConnection connection) => _connections.Remove(connection);

    private void BeginAccepting()
    {
        _watch = _loop.Watch((int)_server!.Handle, Accept);
        _endOfTurn ??= _loop.AtEndOfTurn(Flush);
    }

    private void Accept()
    {
        try
        {
            while (_server!.Poll(0, SelectMode.SelectRead))
            {
                var socket = _server.Accept();
                var handle = Open(socket, AddressOf((IPEndPoint)socket.RemoteEndPoint!));
                _listener.Task.Result.Notify(new InboundAssociation(handle));
            }
        }
        catch (SocketException error)
        {
            // The peer has gone already, or this process has no descriptor left: neither is gone by trying at once.
            _log.Warning("a connection of another node could not be accepted: {0}", error.Message);
            _watch!.PauseUntil(_loop.Now + AcceptPause);
        }
    }

    private void OnConnected(TaskCompletionSource<AssociationHandle> promise, Address remote, Socket? socket, string fault)
    {
        _endOfTurn ??= _loop.AtEndOfTurn(Flush);
        if (socket is null)
            promise.SetException(new InvalidAssociationException($"no connection to {remote}: {fault}"));
        else
            promise.SetResult(Open(socket, remote));
    }

    private LoopConnection Open(Socket socket, Address remote)
    {
        socket.Blocking = false;
        socket.NoDelay = true;
        var connection = new LoopConnection(this, socket, _localAddress!, remote);
        _connections.Add(connection);
        return connection;
    }

    private void Flush()
    {
        foreach (var connection in _written)
            connection.Flush();
        _written.Clear();
    }

    private Address AddressOf(IPEndPoint place) => new(SchemeIdentifier, System.Name, place.Address.ToString(), place.Port);
}
