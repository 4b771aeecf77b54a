using Microsoft.AspNetCore.Components;
using TcpCopy.Web.Feed;

namespace TcpCopy.Web.Pages;

/// <summary>A component that is drawn anew after every look at a node that it shows.</summary>
public abstract class Watching : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _gone = new();
    private int _isBusy;

    [Inject]
    public ClusterWatch Cluster { get; set; } = null!;

    /// <summary>Its viewer has left.</summary>
    protected CancellationToken Gone => _gone.Token;

    public void Dispose()
    {
        foreach (var node in Cluster.Nodes)
            node.Looked -= OnLooked;
        _gone.Cancel();
        _gone.Dispose();
        GC.SuppressFinalize(this);
    }

    protected override void OnInitialized()
    {
        foreach (var node in Cluster.Nodes)
            node.Looked += OnLooked;
    }

    /// <summary>Whether a look at this node changes what is shown.</summary>
    protected virtual bool Shows(NodeWatch node) => true;

    /// <summary>Reads what is for this viewer alone; never twice at once.</summary>
    protected virtual Task ReadAsync() => Task.CompletedTask;

    /// <summary>Reads and draws, unless that is under way.</summary>
    protected async Task RefreshAsync()
    {
        if (Interlocked.Exchange(ref _isBusy, 1) == 1)
            return;
        try
        {
            await ReadAsync();
            StateHasChanged();
        }
        catch (OperationCanceledException)
        {
            // Nobody looks any more.
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }
    }

    // A picture that waits for an answer is drawn later, and of this look, too.
    private void OnLooked(NodeWatch node)
    {
        if (Shows(node) && Volatile.Read(ref _isBusy) == 0 && !_gone.IsCancellationRequested)
            _ = InvokeAsync(RefreshAsync);
    }
}
