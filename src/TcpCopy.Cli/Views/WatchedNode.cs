using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Views;

/// <summary>A node that is looked at again and again: what it counts now, and how that has changed since the look before.</summary>
/// <param name="client">Asks the node.</param>
/// <param name="sessionsShown">How many sessions are asked for.</param>
internal sealed class WatchedNode(INodeClient client, int sessionsShown)
{
    private StatusChange? _change;

    public string Name => client.Name;

    public NodeStatus? Status => _change?.Now;

    /// <summary>Why the last look failed; null: it did not.</summary>
    public string? Fault { get; private set; }

    /// <summary>The sessions with the most bytes, of a copier.</summary>
    public IReadOnlyList<SessionLine> Sessions { get; private set; } = [];

    public async Task LookAsync(CancellationToken cancel)
    {
        NodeStatus? status = null;
        try
        {
            status = await client.ReadStatusAsync(cancel).ConfigureAwait(false);
            Sessions = status.Copier is null
                ? []
                : (await client.FindSessionsAsync($"sort=bytes&limit={sessionsShown}", cancel).ConfigureAwait(false)).Sessions;
            Fault = null;
        }
        catch (NodeClientException error)
        {
            // Of the search alone it may be: what it told before that holds.
            (Sessions, Fault) = ([], error.Message);
        }
        _change = status is null ? null : new StatusChange(Status, status);
    }

    /// <summary>How much a figure grew a second, between the last two looks; from the node's start to the first one.</summary>
    public double Rate(Func<NodeStatus, double> figure) => _change?.Rate(figure) ?? 0;

    /// <summary>The times that were measured between the last two looks.</summary>
    public LatencyFigures Times(Func<CopierStatus, TimePart> times) => _change?.Times(times) ?? LatencyFigures.None;
}
