namespace TcpCopy.Contracts.Api;

/// <summary>How many compared requests were answered with which codes: online down, target across.</summary>
public sealed class StatusMatrix(IReadOnlyList<StatusPart> pairs)
{
    /// <summary>No side had a code: HTTP/1.x alone has them.</summary>
    public bool IsEmpty => pairs.All(pair => pair is { Online: null, Target: null });

    public IReadOnlyList<int?> Down { get; } = InOrder(pairs.Select(pair => pair.Online));

    public IReadOnlyList<int?> Across { get; } = InOrder(pairs.Select(pair => pair.Target));

    public long Count(int? online, int? target) => pairs.Where(pair => pair.Online == online && pair.Target == target).Sum(pair => pair.Requests);

    private static IReadOnlyList<int?> InOrder(IEnumerable<int?> codes) => [.. codes.Distinct().OrderBy(code => code ?? int.MaxValue)];
}
