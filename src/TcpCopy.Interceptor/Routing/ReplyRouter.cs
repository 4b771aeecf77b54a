using Akka.Actor;
using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Comparison;
using TcpCopy.Core.Routes;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Codec;

namespace TcpCopy.Interceptor.Routing;

/// <summary>
/// // [8] Sends each reply to the copier whose replica it answers. Knows no clock and no device; outlives its actor, so that a tap that is started
/// again has lost no route. Used from one thread.
/// </summary>
/// <param name="holdReplies">How long a reply waits for the registration of its flow.</param>
/// <param name="orphans">Closes what a copier leaves that is gone.</param>
internal sealed class ReplyRouter(TimeSpan holdReplies, OrphanCloser orphans)
{
    /// <summary>Some 9 MB, and a quarter of a second of 260,000 connections a second.</summary>
    private const int HeldCapacity = 65_536;

    /// <summary>Nodes of which links that are gone are told one by one: a copier comes by another port each time that it is started.</summary>
    private const int MostGone = 64;

    /// <summary>What the others did, together.</summary>
    private const string Earlier = "earlier";

    private readonly RouteTable<CopierLink> _routes = new();
    private readonly HeldReplies _held = new(HeldCapacity, holdReplies);
    private readonly Dictionary<IActorRef, CopierLink> _links = [];

    /// <summary>What links did that are gone, by their nodes. A link has room for a batch, and a copier that is started again comes by another.</summary>
    private readonly OrderedDictionary<string, ServedCopier> _gone = [];
    private ServedCopier _earlier = new(Earlier, 0, 0);
    private Instant _nextRegistration = Instant.Never;
    private long _frames;
    private long _notReplies;
    private long _routed;
    private long _heldReplies;
    private long _collisions;
    private long _orphaned;
    private long _escaped;
    private long _tapDropped;
    private bool _isAnyTraced;

    /// <summary>When <see cref="Expire"/> has something to do; <see cref="Instant.Never"/>: nothing waits.</summary>
    public Instant NextExpiry => Instant.Min(_held.NextExpiry, _nextRegistration);

    /// <summary>How soon the next replies are wanted.</summary>
    public HasteGauge Haste { get; } = new();

    /// <summary>Takes flows of this shard from now on.</summary>
    /// <param name="shard">Of a copier.</param>
    /// <param name="isTraced">It wants the traces of its replies.</param>
    /// <param name="now">The loop's time.</param>
    public void Serve(IActorRef shard, bool isTraced, Instant now)
    {
        if (_links.TryGetValue(shard, out var link))
            _nextRegistration = Instant.Min(_nextRegistration, link.BeginRegistration(now));
        else
            _links.Add(shard, link = new CopierLink(shard, now));
        (link.LastHeard, link.IsTraced) = (now, isTraced);
        _isAnyTraced |= isTraced;
    }

    /// <summary>Forgets the shard and every flow of its; it has closed their replicas. Returns how many flows there were.</summary>
    public int Forget(IActorRef shard) => Retire(shard) is { } link ? _routes.Forget(link) : 0;

    /// <summary>Forgets the shard, which is gone, and closes its replicas at the target. Returns how many flows there were.</summary>
    public int Close(IActorRef shard, Instant now) => Retire(shard) is { } link ? _routes.Forget(link, route => orphans.Close(route, now)) : 0;

    /// <summary>Closes the replicas of a node's shards of which nothing was heard since <paramref name="since"/>. Returns how many there were.</summary>
    public int CloseSilent(Address node, Instant since, Instant now)
    {
        var silent = _links.Values.Where(link => link.Shard.Path.Address.Equals(node) && link.LastHeard < since).ToList();
        return silent.Sum(link => Close(link.Shard, now));
    }

    /// <summary>Takes a reset that a real client sent to the target.</summary>
    public void OnClientReset(in CapturedFrame frame, IActorRef sender)
    {
        if (FrameDecoder.Decode(frame, out var packet) is not (DecodeResult.Tcp or DecodeResult.Truncated))
            return;
        if (!_routes.TryFind(packet.FlowFromClient, out var route))
            return;
        _escaped++;
        route.Copier.Shard.Tell(new ReplicaReset(new FlowId(route.Id)), sender);
    }

    /// <summary>Registers and ends flows, and hands out the replies that waited for them. False: this shard is not served.</summary>
    public bool OnFlows(IActorRef shard, FlowBatch batch, Instant now, IActorRef sender)
    {
        if (!_links.TryGetValue(shard, out var link))
            return false;
        link.LastHeard = now;
        var reader = new FlowBatchReader(batch.Entries.Span);
        while (reader.TryRead(out var entry))
        {
            switch (entry.Event)
            {
                case FlowEvent.Begins:
                    Begin(link, entry, sender);
                    break;
                case FlowEvent.Ends:
                    _routes.Remove(entry.Replica, entry.Id.Value, link);
                    break;
                case FlowEvent.Trails when _routes.TryFind(entry.Replica, out var route) && route.Copier == link && route.Id == entry.Id.Value:
                    Haste.Trail(route.Pace, now);
                    break;
            }
        }
        return true;
    }

    /// <summary>Takes one frame of the tap.</summary>
    public void OnFrame(in CapturedFrame frame, Instant now, IActorRef sender)
    {
        _frames++;
        // A truncated frame is one whose payload was not captured: headers are all that matters here.
        if (FrameDecoder.Decode(frame, out var packet) is not (DecodeResult.Tcp or DecodeResult.Truncated))
        {
            _notReplies++;
            return;
        }
        var replica = packet.FlowFromServer;
        if (_routes.TryFind(replica, out var route))
        {
            _routed++;
            Haste.Note(route.Pace, now);
            route.Copier.Add(route, HeaderOf(packet), sender);
            return;
        }
        var reply = HeaderOf(packet);
        if (orphans.TryAnswer(replica, reply, now))
        {
            _orphaned++;
            return;
        }
        _heldReplies++;
        _held.Hold(replica, reply, now);
    }

    /// <summary>Gives up replies that waited long enough, and flows that a copier does not have any more: their ends were lost with a connection.</summary>
    public void Expire(Instant now)
    {
        _held.Expire(now);
        if (_nextRegistration <= now)
            ForgetUnregistered(now);
    }

    /// <summary>Sends what was gathered.</summary>
    public void Flush(IActorRef sender)
    {
        foreach (var link in _links.Values)
            link.Flush(sender);
        orphans.Flush();
    }

    /// <summary>Keeps the figures of a tap that is closed.</summary>
    public void AddDropped(CaptureStatistics statistics) => _tapDropped += statistics.Dropped + statistics.DroppedByInterface;

    /// <param name="open">Of the tap that is open; default: none is.</param>
    public InterceptorReport Report(CaptureStatistics open = default) => new()
    {
        Frames = _frames,
        Replies = _frames - _notReplies,
        NotReplies = _notReplies,
        Routed = _routed,
        Held = _heldReplies,
        Expired = _held.Expired,
        Displaced = _held.Displaced,
        Waiting = _held.Count,
        Batches = Rows.Sum(row => row.Batches),
        LiveFlows = _routes.Count,
        Collisions = _collisions,
        Orphaned = _orphaned,
        Resets = orphans.Resets,
        Escaped = _escaped,
        TapDropped = _tapDropped + open.Dropped + open.DroppedByInterface,
        Copiers = [.. Rows.GroupBy(row => row.Node).Select(node => node.Aggregate(Sum))],
    };

    private IEnumerable<ServedCopier> Rows => _gone.Values
        .Concat(_earlier.Flows > 0 ? [_earlier] : [])
        .Concat(_links.Values.Select(link => RowOf(link, isServed: true)));

    /// <summary>Payload is looked at for copiers that ask for it alone.</summary>
    private ReplyHeader HeaderOf(in TcpPacket packet)
    {
        var header = packet.ToReplyHeader();
        if (_isAnyTraced)
            header.Trace.Status = StatusLine.Read(packet.Payload);
        return header;
    }

    private void ForgetUnregistered(Instant now)
    {
        _nextRegistration = Instant.Never;
        foreach (var link in _links.Values)
        {
            if (link.RegisteredAt <= now)
            {
                _routes.ForgetBefore(link, link.Registration);
                link.RegisteredAt = Instant.Never;
            }
            _nextRegistration = Instant.Min(_nextRegistration, link.RegisteredAt);
        }
    }

    private CopierLink? Retire(IActorRef shard)
    {
        if (!_links.Remove(shard, out var link))
            return null;
        var row = RowOf(link, isServed: false);
        _gone[row.Node] = _gone.TryGetValue(row.Node, out var before) ? Sum(before, row) : row;
        if (_gone.Count > MostGone)
        {
            _earlier = Sum(_earlier, _gone.GetAt(0).Value);
            _gone.RemoveAt(0);
        }
        return link;
    }

    private static ServedCopier RowOf(CopierLink link, bool isServed) =>
        new(link.Shard.Path.Address.ToString(), link.Flows, link.Replies, link.Batches, isServed);

    private static ServedCopier Sum(ServedCopier one, ServedCopier other) => new(
        one.Node, one.Flows + other.Flows, one.Replies + other.Replies, one.Batches + other.Batches, one.IsServed || other.IsServed);

    private void Begin(CopierLink link, in FlowEntry entry, IActorRef sender)
    {
        link.Flows++;
        orphans.Release(entry.Replica);
        if (_routes.Add(entry.Replica, entry.Id.Value, link) is not null)
            _collisions++;
        _routes.TryFind(entry.Replica, out var route);
        route!.Registration = link.Registration;
        while (_held.TryTake(entry.Replica, out var reply))
        {
            _routed++;
            link.Add(route, reply, sender);
        }
    }
}
