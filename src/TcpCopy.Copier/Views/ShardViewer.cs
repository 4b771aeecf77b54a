using Akka.Actor;
using TcpCopy.Copier.Figures;
using TcpCopy.Copier.Shards;
using TcpCopy.Node.Loop;

namespace TcpCopy.Copier.Views;

/// <summary>
/// Answers what people and programs ask about a shard while it copies. It runs on the shard's loop, so that what it reads is of one moment, and does only so
/// much a turn: captured packets never wait long for it.
/// </summary>
internal sealed class ShardViewer : UntypedActor
{
    /// <summary>Sessions looked at in one turn: some tenths of a millisecond.</summary>
    private const int SessionsPerTurn = 256;

    private const int MostSurveys = 8;

    private readonly Shard _shard;
    private readonly Func<CopierFigures> _read;
    private readonly LoopTimer _timer;
    private readonly List<IActorRef> _readers = [];
    private readonly Queue<SessionSurvey> _surveys = new();
    private int _changesToReport;

    /// <param name="read">The books, as far as they are up to date.</param>
    public ShardViewer(Shard shard, Func<CopierFigures> read)
    {
        (_shard, _read) = (shard, read);
        _timer = new LoopTimer(shard.Loop, Self, GoOn.Instance);
    }

    protected override void PostStop() => _timer.Cancel();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ReadFigures:
                OnReadFigures();
                break;
            case FindSessions question:
                OnFindSessions(question);
                break;
            case DescribeSession question:
                Describe(question);
                break;
            case GoOn:
                Work();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnReadFigures()
    {
        _readers.Add(Sender);
        // Who joins others gets what they wait for: the sessions that change meanwhile must not keep them waiting.
        if (_readers.Count == 1)
            _changesToReport = _shard.Changed.Count;
        Work();
    }

    private void OnFindSessions(FindSessions question)
    {
        if (_surveys.Count >= MostSurveys)
        {
            Sender.Tell(Busy.Instance);
            return;
        }
        _surveys.Enqueue(new SessionSurvey(question, Sender, _shard.Table.All));
        if (_surveys.Count == 1)
            Work();
    }

    private void Describe(DescribeSession question)
    {
        if (_shard.Table.TryFind(question.Id, out var entry))
        {
            entry.Actor.Forward(question);
            return;
        }
        foreach (var ended in _shard.Ended.All)
        {
            if (ended.Id != question.Id)
                continue;
            Sender.Tell(SessionDetail.Of(ended));
            return;
        }
        Sender.Tell(NoSuchSession.Instance);
    }

    private void Work()
    {
        if (_readers.Count > 0)
            Report();
        if (_surveys.TryPeek(out var survey) && survey.GoOn(SessionsPerTurn, _shard.Loop.Now))
            _surveys.Dequeue().Asker.Tell(survey.Finish(_shard.Ended));
        if (_readers.Count > 0 || _surveys.Count > 0)
            _timer.Set(_shard.Loop.Now);
    }

    private void Report()
    {
        var now = Math.Min(_changesToReport, SessionsPerTurn);
        _shard.Changed.Report(now);
        _changesToReport -= now;
        if (_changesToReport > 0)
            return;
        var figures = _read();
        foreach (var reader in _readers)
            reader.Tell(figures);
        _readers.Clear();
    }

    private sealed class GoOn
    {
        public static readonly GoOn Instance = new();
    }
}
