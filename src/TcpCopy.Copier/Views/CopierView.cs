using Akka.Actor;
using Akka.Cluster;
using TcpCopy.Contracts.Api;
using TcpCopy.Contracts.Messages;
using TcpCopy.Copier.Figures;
using TcpCopy.Node.Hosting;

namespace TcpCopy.Copier.Views;

/// <summary>The way to look at a copier from outside while it copies: questions to its shards. From any thread.</summary>
public sealed class CopierView
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(10);

    private readonly ActorSystem _system;
    private readonly IActorRef _node;
    private IReadOnlyList<IActorRef>? _shards;

    internal CopierView(ActorSystem system, IActorRef node) => (_system, _node) = (system, node);

    /// <summary>The members of the cluster, as this node sees them.</summary>
    public IReadOnlyList<ClusterMember> Members => ClusterMembers.ReadAll(Cluster.Get(_system));

    /// <summary>The books of all shards together.</summary>
    /// <exception cref="AskTimeoutException">A shard did not answer.</exception>
    public async Task<CopierFigures> ReadAsync(CancellationToken cancel)
    {
        var shards = await AskAllAsync<CopierFigures>(_ => ReadFigures.Instance, cancel).ConfigureAwait(false);
        var figures = shards.Aggregate((sum, next) => sum + next);
        // A killed interceptor stays a member until another one takes its place: its link knows nothing of it, the cluster's failure detector does.
        var reachable = Members.Where(member => member.IsReachable).Select(member => member.Address).ToHashSet();
        return figures with { Links = [.. figures.Links.Select(link => link with { IsUp = link.IsUp && reachable.Contains(link.Node) })] };
    }

    /// <summary>A page of sessions; null: too many ask at once.</summary>
    /// <exception cref="AskTimeoutException">A shard did not answer.</exception>
    public async Task<SessionPage?> FindAsync(SessionQuery query, CancellationToken cancel)
    {
        var answers = await AskAllAsync<object>(shard => new FindSessions(query, shard), cancel).ConfigureAwait(false);
        var pages = answers.OfType<SessionPage>().ToList();
        if (pages.Count < answers.Length)
            return null;
        return new SessionPage(
            [.. pages.SelectMany(page => page.Rows).OrderBy(row => row.Place, SessionCursor.FirstToLast).Take(query.Limit)], pages.Sum(page => page.Matching));
    }

    /// <summary>One session, by its own actor; null: there is none of that name.</summary>
    /// <exception cref="AskTimeoutException">It did not answer.</exception>
    public async Task<SessionDetail?> DescribeAsync(SessionName name, CancellationToken cancel)
    {
        var shards = await ShardsAsync(cancel).ConfigureAwait(false);
        if (name.Shard < 0 || name.Shard >= shards.Count)
            return null;
        var answer = await shards[name.Shard].Ask<object>(new DescribeSession(new FlowId(name.Number)), AnswerLimit, cancel).ConfigureAwait(false);
        return answer as SessionDetail;
    }

    /// <summary>Opens replicas again where that was stopped because replies escaped; to be told when the cause is mended.</summary>
    /// <returns>False: it was not stopped.</returns>
    /// <exception cref="AskTimeoutException">A shard did not answer.</exception>
    public async Task<bool> ResumeAsync(CancellationToken cancel)
    {
        var answers = await AskAllAsync<Resumed>(_ => ResumeCopying.Instance, cancel).ConfigureAwait(false);
        return answers.Any(answer => answer.WasStopped);
    }

    private async Task<T[]> AskAllAsync<T>(Func<int, object> question, CancellationToken cancel)
    {
        var shards = await ShardsAsync(cancel).ConfigureAwait(false);
        return await Task.WhenAll(shards.Select((shard, index) => shard.Ask<T>(question(index), AnswerLimit, cancel))).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<IActorRef>> ShardsAsync(CancellationToken cancel) =>
        _shards ??= await _node.Ask<IReadOnlyList<IActorRef>>(GetShards.Instance, AnswerLimit, cancel).ConfigureAwait(false);
}
