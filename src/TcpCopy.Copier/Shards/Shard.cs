using Akka.Actor;
using Akka.Event;
using TcpCopy.Contracts.Settings;
using TcpCopy.Copier.Comparison;
using TcpCopy.Copier.Figures;
using TcpCopy.Copier.Links;
using TcpCopy.Copier.Sessions;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Hosting;
using TcpCopy.Node.Loop;
using TcpCopy.Node.Remoting;
using TcpCopy.Packets.Buffers;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Copier.Shards;

/// <summary>What the actors of one loop share: table, sender, books, announcer, pools. Loop thread only, hence without locks.</summary>
internal sealed class Shard : IDisposable
{
    private readonly Dictionary<Endpoint, SessionSettings> _settingsByTarget = [];
    private readonly uint _timestampOffset;
    private readonly SessionSettings _settings;
    private readonly bool _isSplit;
    private readonly Func<Endpoint, int> _maxSegmentSize;

    /// <param name="loop">The loop that the caller runs on.</param>
    /// <param name="dispatcher">HOCON section of that loop's dispatcher.</param>
    /// <param name="settings">The node's.</param>
    /// <param name="environment">Where packets go and how large they may be.</param>
    /// <param name="log">For the operator.</param>
    public Shard(EventLoop loop, string dispatcher, CopierSettings settings, ShardEnvironment environment, ILoggingAdapter log)
    {
        (Loop, Dispatcher) = (loop, dispatcher);
        Sampler = new SessionSampler(settings.Sample);
        Transfers = new TransferMap(settings.Transfers, []);
        Sender = environment.OpenSender(OnSendFailed);
        Clients = environment.Clients;
        Memory = new MemoryBudget(Pool, Table, settings.MaxMemoryBytes / settings.Shards);
        Refused = new RefusedFlows(Accounts);
        Escape = new EscapeGuard(settings.Escape.DividedBy(settings.Shards), loop, log);
        _isSplit = settings.SplitGroup.Length > 0;
        Changed = new ChangedSessions(Accounts);
        Comparison = settings.Compare ? new ComparisonBooks(environment.Index) : null;
        _settings = settings.Session;
        _maxSegmentSize = environment.MaxSegmentSize;
        // Timestamps are the wall clock's milliseconds: the target may be in TIME-WAIT from an earlier replica on these ports, of this copier or of another
        // one before, and refuses a SYN whose timestamp is older (RFC 7323 section 5.3, RFC 6191).
        _timestampOffset = unchecked((uint)(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - loop.Now.Ticks / TimeSpan.TicksPerMillisecond));
    }

    public EventLoop Loop { get; }

    /// <summary>What every actor of the shard runs on.</summary>
    public string Dispatcher { get; }

    public TransferMap Transfers { get; }

    public SessionTable Table { get; } = new();

    public SessionAccounts Accounts { get; } = new();

    /// <summary>The sessions that the books do not know the newest of.</summary>
    public ChangedSessions Changed { get; }

    public EndedSessions Ended { get; } = new();

    public ShardBooks Books { get; } = new();

    public SpareActors Spares { get; } = new();

    /// <summary>How online host and target answered; null: nobody compares.</summary>
    public ComparisonBooks? Comparison { get; }

    /// <summary>Where ended sessions are told of; null before there are any.</summary>
    public SessionLog? Log { get; set; }

    /// <summary>Which clients' connections are copied.</summary>
    public SessionSampler Sampler { get; set; }

    /// <summary>From where each replica comes.</summary>
    public ReplicaClients Clients { get; }

    /// <summary>Of copiers that see the same connections, this one's part; null: it sees its own, or knows of no part of it yet.</summary>
    public SplitShare? Share { get; set; }

    public RefusedFlows Refused { get; }

    public EscapeGuard Escape { get; }

    /// <summary>Devices of which more is captured than the shard gets done.</summary>
    public int LateCaptures { get; set; }

    public FlowAnnouncer Flows { get; } = new();

    public SegmentPool Pool { get; } = new();

    public MessagePool<ReplyMessage> ReplyMessages { get; } = new();

    public MessagePool<OnlineAnswer> OnlineAnswers { get; } = new();

    public MemoryBudget Memory { get; }

    public IFrameSender Sender { get; }

    /// <summary>What the session that is running right now wants sent; empty between two messages.</summary>
    public SessionOutput Output { get; } = new();

    /// <summary>Reply headers for a live session, and for none.</summary>
    public long Replies { get; set; }

    public long RepliesWithoutSession { get; set; }

    public bool IsStopping { get; set; }

    /// <summary>Connections that were open before the copier get no session.</summary>
    public bool CopiesFullSessionsOnly => _settings.FullSessionsOnly;

    public ReplaySession NewSession(SessionEntry entry) => new(SettingsFor(entry.Replica.Server), _timestampOffset);

    /// <summary>Why a connection without a session gets none, whether it begins or goes on; null when it may get one.</summary>
    /// <param name="client">Its client's end.</param>
    public SessionOutcome? PassesOver(in Endpoint client)
    {
        if (!Sampler.Takes(client))
            return SessionOutcome.SampledOut;
        if (_isSplit && Share?.Takes(client, isNew: true) != true)
            return SessionOutcome.LeftToAnother;
        return LateCaptures > 0 ? SessionOutcome.Shed : null;
    }

    /// <summary>Whether a connection of this copier's that is met in mid-stream may be with another one.</summary>
    public bool IsMaybeAnothers(in Endpoint client) => _isSplit && Share?.Takes(client, isNew: false) != true;

    /// <summary>The session's replica is about to exist: its replies are wanted.</summary>
    public void Announce(SessionEntry entry)
    {
        entry.IsAnnounced = true;
        Flows.Begin(entry.Id, entry.Replica);
    }

    /// <summary>
    /// The session's first SYN goes out. One that is joined in mid-stream sends none before its client's next request: that nothing answers it says nothing.
    /// </summary>
    public void OnOpened(SessionEntry entry)
    {
        if (Escape.OnOpened(entry))
            ShedUnanswered();
    }

    /// <summary>The session has ended and answers no more packets.</summary>
    public void Forget(SessionEntry entry)
    {
        Table.Remove(entry);
        Memory.Forget(entry);
        Clients.Release(entry.Replica);
        if (entry.IsAnnounced)
            Flows.End(entry.Id, entry.Replica);
    }

    /// <summary>Replicas that have not come about would go on trying.</summary>
    public void ShedUnanswered()
    {
        foreach (var entry in Table.All)
        {
            if (!entry.IsAnswered)
                entry.Actor.Tell(ShedSession.Instance, Akka.Actor.ActorRefs.NoSender);
        }
    }

    public void Dispose() => Sender.Dispose();

    private SessionSettings SettingsFor(Endpoint target)
    {
        if (!_settingsByTarget.TryGetValue(target, out var settings))
            _settingsByTarget[target] = settings = _settings with { MaxSegmentSize = Math.Min(_settings.MaxSegmentSize, _maxSegmentSize(target)) };
        return settings;
    }

    private static void OnSendFailed(object? tag, int errno)
    {
        if (tag is SessionEntry entry)
            entry.Actor.Tell(new SendFailed(errno), Akka.Actor.ActorRefs.NoSender);
    }
}

/// <summary>A shard's ways to the outside, so that tests can give it others.</summary>
/// <param name="OpenSender">Opens what packets go out by; the handler is told of each one that the kernel refused.</param>
/// <param name="OpenCaptures">Opens the devices; each is polled on the shard's loop.</param>
/// <param name="MaxSegmentSize">Largest TCP payload in bytes that the route to a target takes.</param>
internal sealed record ShardEnvironment(
    Func<SendFailureHandler, IFrameSender> OpenSender,
    IReadOnlyList<Func<Packets.Capture.ICaptureSource>> OpenCaptures,
    Func<Endpoint, int> MaxSegmentSize)
{
    /// <summary>The shard's number on its node.</summary>
    public int Index { get; init; }

    /// <summary>From where replicas come; each shard has its own.</summary>
    public ReplicaClients Clients { get; init; } = ReplicaClients.AsCaptured;

    /// <summary>Whether a node that welcomes the copier has proved to be an interceptor; null: it cannot be told now.</summary>
    public Func<ActorSystem, Address, bool?> IsInterceptor { get; init; } =
        (system, node) => LoopTransport.IsCertified(system, node, NodeSystem.InterceptorRole);
}
