using TcpCopy.Contracts.Api;

namespace TcpCopy.Web.Feed;

/// <summary>One side's times to the first and to the last byte of an answer.</summary>
public sealed record SideTimes(TimeSpread FirstByte, TimeSpread LastByte)
{
    public static SideTimes None { get; } = new(TimeSpread.None, TimeSpread.None);

    public static SideTimes Of(SidePart side) => new(TimeSpread.Of(side.FirstByte), TimeSpread.Of(side.LastByte));

    public static SideTimes operator -(SideTimes now, SideTimes before) => new(now.FirstByte - before.FirstByte, now.LastByte - before.LastByte);
}

/// <summary>Online host against target, of the requests of a while.</summary>
public sealed record Answers(SideTimes Online, SideTimes Target)
{
    public static Answers None { get; } = new(SideTimes.None, SideTimes.None);

    public static Answers Of(ComparisonPart comparison) => new(SideTimes.Of(comparison.Online), SideTimes.Of(comparison.Target));

    public static Answers operator -(Answers now, Answers before) => new(now.Online - before.Online, now.Target - before.Target);
}

/// <summary>The comparisons of the last while, so that its own distributions can be told. One thread at a time.</summary>
/// <param name="kept">How long.</param>
internal sealed class AnswerLog(TimeSpan kept)
{
    private readonly Queue<(DateTimeOffset At, Answers All)> _past = new();
    private Answers _last = Answers.None;

    /// <summary>Of the requests of the last while.</summary>
    public Answers Recent { get; private set; } = Answers.None;

    /// <summary>Of those between the last two reports.</summary>
    public Answers Latest { get; private set; } = Answers.None;

    public void Add(DateTimeOffset at, ComparisonPart comparison)
    {
        var all = Answers.Of(comparison);
        if (_past.Count == 0)
            _last = all;
        // The newest of those that are old enough stays: it is what the while begins with.
        while (_past.Count > 1 && _past.ElementAt(1).At <= at - kept)
            _past.Dequeue();
        (Latest, _last) = (all - _last, all);
        _past.Enqueue((at, all));
        Recent = all - _past.Peek().All;
    }

    /// <summary>The node was started anew.</summary>
    public void Clear()
    {
        _past.Clear();
        (Recent, Latest) = (Answers.None, Answers.None);
    }
}
