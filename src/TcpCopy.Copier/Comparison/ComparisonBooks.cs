using System.Runtime.InteropServices;
using TcpCopy.Copier.Sessions;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Comparison;

namespace TcpCopy.Copier.Comparison;

/// <summary>A shard's comparison of all sessions: of fixed size, however long it goes on. Loop thread only.</summary>
/// <param name="shard">The shard's number, for the names of sessions.</param>
internal sealed class ComparisonBooks(int shard)
{
    /// <summary>Of pairs of status codes: far more than servers use. Pairs beyond count as without a code.</summary>
    private const int MostPairs = 1024;

    private readonly SideBook _online = new();
    private readonly SideBook _target = new();
    private readonly Dictionary<StatusPair, long> _statuses = [];
    private readonly PriorityQueue<ListedRequest, TimeSpan> _slowest = new();
    private readonly List<ListedRequest> _differing = [];
    private long _compared;
    private long _onlineAlone;
    private long _targetAlone;
    private long _unanswered;
    private long _differentBytes;

    public void Add(SessionEntry entry, in ComparedRequest request)
    {
        _online.Resets += request.Online.IsReset ? 1 : 0;
        _target.Resets += request.Target.IsReset ? 1 : 0;
        if (request.Online.IsAnswered && request.Target.IsAnswered)
            Compare(entry, request);
        else if (request.Online.IsAnswered)
            _onlineAlone++;
        else if (request.Target.IsAnswered)
            _targetAlone++;
        else
            _unanswered++;
    }

    public ComparisonFigures Read() => new()
    {
        Compared = _compared,
        AnsweredOnlineAlone = _onlineAlone,
        AnsweredByTargetAlone = _targetAlone,
        Unanswered = _unanswered,
        DifferentBytes = _differentBytes,
        Online = _online.Read(),
        Target = _target.Read(),
        Statuses = new Dictionary<StatusPair, long>(_statuses),
        Slowest = [.. _slowest.UnorderedItems.Select(item => item.Element).OrderByDescending(listed => listed.Delay)],
        Differing = [.. _differing],
    };

    private void Compare(SessionEntry entry, in ComparedRequest request)
    {
        _compared++;
        _online.Add(request.Online);
        _target.Add(request.Target);
        if (request.Online.Bytes != request.Target.Bytes)
            _differentBytes++;
        var pair = new StatusPair(request.Online.Status, request.Target.Status);
        if (!_statuses.ContainsKey(pair) && _statuses.Count >= MostPairs)
            pair = default;
        CollectionsMarshal.GetValueRefOrAddDefault(_statuses, pair, out _)++;
        if (pair.Online != pair.Target && _differing.Count < ComparisonFigures.MostListed)
            _differing.Add(List(entry, request));
        var delay = request.Target.LastByte - request.Online.LastByte;
        if (_slowest.Count < ComparisonFigures.MostListed)
            _slowest.Enqueue(List(entry, request), delay);
        else if (_slowest.TryPeek(out _, out var least) && delay > least)
            _slowest.EnqueueDequeue(List(entry, request), delay);
    }

    private ListedRequest List(SessionEntry entry, in ComparedRequest request) =>
        new(new SessionName(shard, entry.Id.Value), entry.Captured.Client, request);

    private sealed class SideBook
    {
        private readonly TimeDistribution _firstByte = new();
        private readonly TimeDistribution _lastByte = new();
        private long _bytes;

        public long Resets { get; set; }

        public void Add(in Answer answer)
        {
            _firstByte.Add(answer.FirstByte);
            _lastByte.Add(answer.LastByte);
            _bytes += answer.Bytes;
        }

        public SideFigures Read() => new(_firstByte.Copy(), _lastByte.Copy(), _bytes, Resets);
    }
}
