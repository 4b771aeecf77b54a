using TcpCopy.Contracts.Api;

namespace TcpCopy.Web.Feed;

/// <summary>A node as it was at the last look that it answered.</summary>
/// <param name="Name">As the page was given it.</param>
public sealed record NodeView(string Name)
{
    /// <summary>Null: it has never answered.</summary>
    public StatusChange? Change { get; init; }

    /// <summary>Of a copier.</summary>
    public Report? Report { get; init; }

    /// <summary>What it did between the last two looks, as far as it answered both; null: it was not looked at yet.</summary>
    public Sample? Latest { get; init; }

    /// <summary>What online host and target answered in the last minute.</summary>
    public Answers Recent { get; init; } = Answers.None;

    /// <summary>When it answered last.</summary>
    public DateTimeOffset AnsweredAt { get; init; }

    /// <summary>Why the last look failed; null: it did not.</summary>
    public string? Fault { get; init; }

    public NodeStatus? Status => Change?.Now;

    /// <summary>How much a figure grew a second between the last two looks; 0 while the node does not answer.</summary>
    public double Rate(Func<NodeStatus, double?> figure) => Fault is null ? Change?.Rate(status => figure(status) ?? 0) ?? 0 : 0;

    public bool IsCopier => Change?.Now.Copier is not null;
}
