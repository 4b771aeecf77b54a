using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Remote.Transport;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Serialization;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Hosting;
using TcpCopy.Node.Loop;
using TcpCopy.Node.Remoting.Tls;
using TcpCopy.Node.Security;

namespace TcpCopy.Node.Remoting;

/// <summary>
/// Akka.Remote's way over TCP, on the node's own event loop: a message is read, decoded, and handled by the thread that waited for it, and the messages
/// of a turn leave together at its end. Through pools of threads each of them cost several wake-ups, more than all the work on it.
/// <para>
/// On the wire a message is its length in four bytes, least first, and then itself, as with Akka's own transport. A length whose highest bit is set is that
/// of a <see cref="ReplyFrame"/>, which passes Akka's endpoints by on both sides.
/// </para>
/// </summary>
public sealed class LoopTransport : Transport
{
    private const int LevelSocket = 1;
    private const int OptionReuseAddress = 2;

    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    /// <summary>In that time: a handshake of TLS takes half a millisecond of a thread that has production's packets to look after.</summary>
    private const int MostAccepted = 20;

    private static readonly ConditionalWeakTable<ActorSystem, LoopTransport> s_ofSystem = [];

    private readonly EventLoop _loop;
    private long _dropped;
    private readonly TaskCompletionSource<IAssociationEventListener> _listener = new();
    private readonly HashSet<LoopConnection> _connections = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentDictionary<Address, LoopConnection> _toPeers = new();
    private readonly List<LoopConnection> _written = [];
    private readonly Arrivals _arrivals;
    private readonly RefusalLog _refusals;
    private readonly CredentialsSetup? _security;
    private Socket? _server;
    private LoopWatch? _watch;
    private IDisposable? _endOfTurn;
    private Instant _flushed = Instant.Never;
    private bool _isShutDown;
    private Instant _acceptSpanEnds;
    private int _accepted;

    /// <summary>Made by Akka.Remote, by this name in the configuration.</summary>
    /// <param name="system">Of the node.</param>
    /// <param name="config">Section <c>akka.remote.loop-tcp</c>.</param>
    public LoopTransport(ActorSystem system, Config config)
    {
        (System, Config) = (system, config);
        SchemeIdentifier = "tcp";
        MaximumPayloadBytes = config.GetByteSize("maximum-frame-size") ?? throw new ConfigurationException("maximum-frame-size is missing");
        MostPendingBytes = (int)(config.GetByteSize("most-pending-bytes") ?? throw new ConfigurationException("most-pending-bytes is missing"));
        ConnectionTimeout = config.GetTimeSpan("connection-timeout");
        s_ofSystem.AddOrUpdate(system, this);
        _loop = ((LoopDispatcher)system.Dispatchers.Lookup(config.GetString("dispatcher"))).Loop;
        _arrivals = new Arrivals(_loop, config.GetInt("pending-inbound"));
        _refusals = new RefusalLog(Logging.GetLogger(system, this));
        _security = system.Settings.Setup.Get<CredentialsSetup>() is { HasValue: true } given ? given.Value : null;
    }

    internal EventLoop Loop => _loop;

    internal TimeSpan ConnectionTimeout { get; }

    internal Address LocalAddress { get; private set; } = null!;

    /// <summary>What may wait on one connection for a peer that does not read.</summary>
    internal int MostPendingBytes { get; }

    /// <summary>Messages that a node dropped because they would have waited behind too much; only such as may be lost.</summary>
    public static long DroppedBy(ActorSystem system) => s_ofSystem.TryGetValue(system, out var transport) ? Interlocked.Read(ref transport._dropped) : 0;

    /// <summary>
    /// Whether the connection to a node takes more of what comes in bulk and must not be lost. What is told all the same waits with Akka, without a bound;
    /// half of what may wait is left to all else. From any thread, so it is of a moment ago.
    /// </summary>
    /// <returns>False also while there is no connection. True of a node with another transport.</returns>
    public static bool HasRoom(ActorSystem system, Address node) =>
        Of(system) is not { } transport
        || (transport._toPeers.TryGetValue(Plain(node), out var connection) && connection.Waiting <= transport.MostPendingBytes / 2);

    /// <summary>
    /// Whether a node that claims a role in the cluster has shown a certificate of it. Members tell each other of roles, and only a connection knows a
    /// certificate. From any thread.
    /// </summary>
    /// <returns>Null: it is not connected. True of this node itself, and where nodes have no certificates.</returns>
    public static bool? IsCertified(ActorSystem system, Address node, string role)
    {
        if (Of(system) is not { _security: not null } transport || node.HasLocalScope || Plain(node).Equals(transport.LocalAddress))
            return true;
        return transport._toPeers.TryGetValue(Plain(node), out var connection) ? connection.IsCertified(role) : null;
    }

    /// <summary>Whether there is a connection with a node, whose peer has said who it is. From any thread.</summary>
    public static bool IsConnected(ActorSystem system, Address node) => Of(system) is { } transport && transport._toPeers.ContainsKey(Plain(node));

    public override bool IsResponsibleFor(Address remote) => true;

    public override Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        var place = new IPEndPoint(IPAddress.Parse(Config.GetString("hostname")), Config.GetInt("port"));
        _server = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        // Not by .NET's ReuseAddress, which would let two nodes share the port.
        _server.SetRawSocketOption(LevelSocket, OptionReuseAddress, BitConverter.GetBytes(1));
        _server.Bind(place);
        _server.Listen(Config.GetInt("backlog"));
        LocalAddress = AddressOf((IPEndPoint)_server.LocalEndPoint!);
        _listener.Task.ContinueWith(_ => _loop.Execute(BeginAccepting), TaskScheduler.Default);
        return Task.FromResult((LocalAddress, _listener));
    }

    public override Task<AssociationHandle> Associate(Address remoteAddress)
    {
        var promise = new TaskCompletionSource<AssociationHandle>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (IPAddress.TryParse(remoteAddress.Host, out var host) && remoteAddress.Port is { } port)
            _loop.Execute(() => Connect(promise, remoteAddress, new IPEndPoint(host, port)));
        else
            promise.SetException(new InvalidAssociationException($"{remoteAddress} names no address and port"));
        return promise.Task;
    }

    public override Task<bool> Shutdown()
    {
        var promise = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _loop.Execute(() =>
        {
            _isShutDown = true;
            _watch?.Dispose();
            _server?.Dispose();
            foreach (var connection in _connections.ToArray())
                connection.Close();
            _endOfTurn?.Dispose();
            promise.SetResult(true);
        });
        return promise.Task;
    }

    internal void CountDropped() => Interlocked.Increment(ref _dropped);

    /// <summary>The transport of the node; null: it has another one, or none.</summary>
    internal static LoopTransport? Of(ActorSystem system) => s_ofSystem.TryGetValue(system, out var transport) ? transport : null;

    /// <summary>The address of a node without Akka's layers over this transport.</summary>
    internal static Address Plain(Address node) => node.WithProtocol("tcp");

    /// <summary>Sends replies to an actor of a node that is connected, and releases them.</summary>
    /// <param name="node">As <see cref="Plain"/> gives it.</param>
    /// <param name="recipient">The actor's path, in UTF-8.</param>
    /// <param name="batch">The caller's as long as the answer is no.</param>
    /// <returns>False: it is for Akka to find a way.</returns>
    internal bool TrySend(Address node, ReadOnlySpan<byte> recipient, ReplyBatch batch) =>
        _loop.IsCurrent && _toPeers.TryGetValue(node, out var connection) && connection.TrySend(recipient, batch);

    /// <summary>Loop thread only: the connection has something to send at the end of the turn.</summary>
    internal void FlushAtEndOfTurn(LoopConnection connection)
    {
        // The turn's end has begun, and this comes from another who had something to do at it.
        if (_flushed == _loop.Now)
            connection.Flush();
        else
            _written.Add(connection);
    }

    /// <summary>Loop thread only: the peer has said who it is. Of several connections the newest counts, as with Akka.</summary>
    internal void Introduce(LoopConnection connection, Address peer) => _toPeers[peer] = connection;

    /// <summary>Loop thread only.</summary>
    internal void Forget(LoopConnection connection)
    {
        _connections.Remove(connection);
        if (connection.Peer is not { } peer || _toPeers.GetValueOrDefault(peer) != connection)
            return;
        // Two nodes that connected at the same time have another one.
        if (_connections.FirstOrDefault(other => peer.Equals(other.Peer)) is { } other)
            _toPeers[peer] = other;
        else
            _toPeers.TryRemove(peer, out _);
    }

    /// <summary>Loop thread only: says in the log who was refused.</summary>
    internal void Refuse(Address remote, string reason) => _refusals.Add($"{remote.Host}", reason, _loop.Now);

    private void BeginAccepting()
    {
        // The number of its descriptor may be another's by now: that one would never be closed while it is watched here.
        if (_isShutDown)
            return;
        _watch = _loop.Watch((int)_server!.Handle, Accept);
        _endOfTurn ??= _loop.AtEndOfTurn(Flush);
    }

    private void Accept()
    {
        try
        {
            while (_server!.Poll(0, SelectMode.SelectRead))
            {
                if (_loop.Now >= _acceptSpanEnds)
                    (_acceptSpanEnds, _accepted) = (_loop.Now + AcceptPause, 0);
                if (++_accepted > MostAccepted)
                {
                    _watch!.PauseUntil(_acceptSpanEnds);
                    return;
                }
                Receive(_server.Accept());
            }
        }
        catch (SocketException error)
        {
            // The peer has gone already, or this process has no descriptor left: neither is gone by trying at once.
            _refusals.Add("a peer", $"it could not be accepted ({error.Message})", _loop.Now);
            _watch!.PauseUntil(_loop.Now + AcceptPause);
        }
    }

    /// <summary>A peer has connected: it is announced to Akka at once, or when it has shown who it is.</summary>
    private void Receive(Socket socket)
    {
        Prepare(socket);
        var place = (IPEndPoint)socket.RemoteEndPoint!;
        var remote = AddressOf(place);
        if (_security is null)
        {
            Announce(null, _arrivals.Add(remote.Host, reason => Refuse(remote, reason)));
            return;
        }
        var tls = TlsSession.OfServer(_security.Credentials, place);
        var arrival = default(Arrival)!;
        var handshake = new TlsHandshake(_loop, socket, tls, OnEnd);
        arrival = _arrivals.Add(remote.Host, handshake.Refuse);
        handshake.Begin(ConnectionTimeout);

        void OnEnd(string? fault)
        {
            if (fault is null)
            {
                Announce(tls, arrival);
                return;
            }
            arrival.End();
            Refuse(remote, fault);
        }

        void Announce(TlsSession? known, Arrival waiting)
        {
            var connection = Open(socket, known, waiting, remote);
            _listener.Task.Result.Notify(new InboundAssociation(connection));
        }
    }

    private void Connect(TaskCompletionSource<AssociationHandle> promise, Address remote, IPEndPoint place)
    {
        _endOfTurn ??= _loop.AtEndOfTurn(Flush);
        // The peer is to see the address that this node announces, since its certificate may name that alone.
        var source = _security is null ? null : IPAddress.Parse(LocalAddress.Host);
        _ = new LoopConnect(_loop, source, place, ConnectionTimeout, OnConnected);

        void OnConnected(Socket? socket, string fault)
        {
            if (socket is null)
            {
                Fail(fault);
                return;
            }
            Prepare(socket);
            if (_security is null)
            {
                promise.SetResult(Open(socket, null, null, remote));
                return;
            }
            var demanded = IsInterceptor(place) ? NodeSystem.InterceptorRole : null;
            var tls = TlsSession.OfClient(_security.Credentials, place, demanded);
            new TlsHandshake(_loop, socket, tls, refusal => OnKnown(socket, tls, refusal)).Begin(ConnectionTimeout);
        }

        void OnKnown(Socket socket, TlsSession tls, string? refusal)
        {
            if (refusal is null)
            {
                promise.SetResult(Open(socket, tls, null, remote));
                return;
            }
            Refuse(remote, refusal);
            Fail(refusal);
        }

        void Fail(string reason) => promise.SetException(new InvalidAssociationException($"no connection to {remote}: {reason}"));
    }

    private bool IsInterceptor(IPEndPoint place)
    {
        var peer = new Endpoint(HostAddress.FromBytes(place.Address.GetAddressBytes()), (ushort)place.Port);
        return _security!.Interceptors.Contains(peer);
    }

    private LoopConnection Open(Socket socket, TlsSession? tls, Arrival? arrival, Address remote)
    {
        var connection = new LoopConnection(this, socket, tls, arrival, remote);
        _connections.Add(connection);
        return connection;
    }

    private static void Prepare(Socket socket)
    {
        socket.Blocking = false;
        socket.NoDelay = true;
    }

    private void Flush()
    {
        foreach (var connection in _written)
            connection.Flush();
        _written.Clear();
        _flushed = _loop.Now;
    }

    private Address AddressOf(IPEndPoint place) => new(SchemeIdentifier, System.Name, place.Address.ToString(), place.Port);
}
