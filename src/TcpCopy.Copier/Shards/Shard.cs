using TcpCopy.Contracts.Settings;
using TcpCopy.Copier.Links;
using TcpCopy.Copier.Sessions;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Loop;
using TcpCopy.Packets.Buffers;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Copier.Shards;

/// <summary>What the actors of one loop share: table, sender, books, announcer, pools. Loop thread only, hence without locks.</summary>
internal sealed class Shard : IDisposable
{
    private readonly Dictionary<Endpoint, SessionSettings> _settingsByTarget = [];
    private readonly Stack<ReplyMessage> _spareReplies = new();
    private readonly uint _timestampOffset;
    private readonly SessionSettings _settings;
    private readonly Func<Endpoint, int> _maxSegmentSize;

    /// <param name="loop">The loop that the caller runs on.</param>
    /// <param name="dispatcher">HOCON section of that loop's dispatcher.</param>
    /// <param name="settings">The node's.</param>
    /// <param name="environment">Where packets go and how large they may be.</param>
    public Shard(EventLoop loop, string dispatcher, CopierSettings settings, ShardEnvironment environment)
    {
        (Loop, Dispatcher) = (loop, dispatcher);
        Sampler = new SessionSampler(settings.Sample);
        Transfers = new TransferMap(settings.Transfers, []);
        Sender = environment.OpenSender(OnSendFailed);
        Memory = new MemoryBudget(Pool, Table, settings.MaxMemoryBytes / settings.Shards);
        Refused = new RefusedFlows(Accounts);
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

    /// <summary>Which clients' connections are copied.</summary>
    public SessionSampler Sampler { get; set; }

    public RefusedFlows Refused { get; }

    public FlowAnnouncer Flows { get; } = new();

    public SegmentPool Pool { get; } = new();

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

    /// <summary>The session's replica is about to exist: its replies are wanted.</summary>
    public void Announce(SessionEntry entry)
    {
        entry.IsAnnounced = true;
        Flows.Begin(entry.Id, entry.Replica);
    }

    /// <summary>The session has ended and answers no more packets.</summary>
    public void Forget(SessionEntry entry)
    {
        Table.Remove(entry);
        if (entry.IsAnnounced)
            Flows.End(entry.Id, entry.Replica);
    }

    public ReplyMessage NewReply() => _spareReplies.TryPop(out var spare) ? spare : new ReplyMessage();

    public void Recycle(ReplyMessage reply) => _spareReplies.Push(reply);

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
    Func<Endpoint, int> MaxSegmentSize);
