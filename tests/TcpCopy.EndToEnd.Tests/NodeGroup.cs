using System.Text.Json;
using TcpCopy.Testing.Lab;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>Nodes in the order in which they were started. What they printed goes to the output of a failed test.</summary>
internal sealed class NodeGroup : IAsyncDisposable
{
    private readonly List<NodeProcess> _nodes = [];

    public NodeProcess this[int index] => _nodes[index];

    public async Task<NodeProcess> AddAsync(Task<NodeProcess> starting)
    {
        _nodes.Add(await starting);
        return _nodes[^1];
    }

    /// <summary>Stops a node and lets it be; what it printed is kept.</summary>
    /// <returns>Its figures.</returns>
    public Task<JsonElement> StopAsync(int index) => _nodes[index].StopAsync();

    /// <summary>Waits until every node has printed a line that holds <paramref name="text"/>.</summary>
    public async Task WaitForAllAsync(string text)
    {
        foreach (var node in _nodes)
            await node.Process.WaitForLineAsync(text, NodeProcess.Bound);
    }

    /// <summary>Stops all that still run, each cleanly, the last first.</summary>
    /// <returns>The figures of each, in the order of their start; of one that had ended before an undefined value.</returns>
    public async Task<IReadOnlyList<JsonElement>> StopAsync()
    {
        var figures = new JsonElement[_nodes.Count];
        for (var index = _nodes.Count - 1; index >= 0; index--)
        {
            if (!_nodes[index].Process.HasExited)
                figures[index] = await _nodes[index].StopAsync();
        }
        return figures;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(await node.DescribeAsync());
            await node.DisposeAsync();
        }
    }
}
