using System.Diagnostics;
using Akka.Actor;
using TcpCopy.Contracts.Api;
using TcpCopy.Copier.Figures;
using TcpCopy.Copier.Views;
using TcpCopy.Interceptor;
using TcpCopy.Node.Hosting;

namespace TcpCopy.Cli.Http;

/// <summary>A node as HTTP shows it, from before its actors run until they have ended. From any thread.</summary>
/// <param name="role">copier or interceptor.</param>
internal sealed class NodeFace(string role)
{
    private readonly long _begun = Stopwatch.GetTimestamp();
    private volatile CopierView? _copier;
    private volatile InterceptorView? _interceptor;
    private volatile bool _isReady;

    public string Role => role;

    public bool IsCopier => role == NodeSystem.CopierRole;

    public DateTimeOffset StartedAt { get; } = DateTimeOffset.UtcNow;

    public TimeSpan Uptime => Stopwatch.GetElapsedTime(_begun);

    /// <summary>Null before the actors run, and at an interceptor.</summary>
    public CopierView? Copier => _copier;

    public IReadOnlyList<ClusterMember> Members => _copier?.Members ?? _interceptor?.Members ?? [];

    public void Show(CopierView copier) => _copier = copier;

    public void Show(InterceptorView interceptor) => _interceptor = interceptor;

    public void SetReady() => _isReady = true;

    /// <summary>One look at everything that the node counts.</summary>
    /// <exception cref="AskTimeoutException">The actors did not answer, as when the node stops.</exception>
    public async Task<NodeFigures> ReadAsync(CancellationToken cancel) => new()
    {
        IsReady = _isReady,
        Copier = _copier is { } copier ? await copier.ReadAsync(cancel).ConfigureAwait(false) : null,
        Interceptor = _interceptor is { } interceptor ? await interceptor.ReadAsync(cancel).ConfigureAwait(false) : null,
        Members = Members,
        Process = ProcessPart.Read(),
        MemoryBytes = Environment.WorkingSet,
    };
}

/// <summary>What a node counted up to one moment.</summary>
internal sealed record NodeFigures
{
    /// <summary>It was ready once; whether it can work just now <see cref="Obstacle"/> says.</summary>
    public required bool IsReady { get; init; }

    public CopierFigures? Copier { get; init; }

    public InterceptorReport? Interceptor { get; init; }

    public IReadOnlyList<ClusterMember> Members { get; init; } = [];

    public required ProcessPart Process { get; init; }

    /// <summary>Resident at this moment.</summary>
    public required long MemoryBytes { get; init; }

    /// <summary>What keeps the node from its work at this moment; null: nothing.</summary>
    public string? Obstacle => !IsReady ? "starting" : Copier is { } copier && !copier.Links.Any(link => link.IsUp) ? "no interceptor" : Copier?.Obstacle;
}
