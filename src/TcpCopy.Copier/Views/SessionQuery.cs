using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Views;

/// <summary>What sessions are ordered by, largest first.</summary>
public enum SessionOrder
{
    /// <summary>Time since the session began.</summary>
    Age,

    /// <summary>Bytes captured of the client.</summary>
    Bytes,

    Retransmissions,

    /// <summary>How long the oldest byte has been held that the target has not acknowledged.</summary>
    Hold,
}

/// <summary>Which sessions are wanted. Either live ones, or some of the last thousand of each shard that ended.</summary>
public sealed record SessionQuery
{
    /// <summary>Most sessions of an answer.</summary>
    public const int MostSessions = 1000;

    /// <summary>The client's address; null: any.</summary>
    public HostAddress? Client { get; init; }

    /// <summary>The client's port; 0: any.</summary>
    public ushort ClientPort { get; init; }

    /// <summary>Live sessions in this phase; null: in any.</summary>
    public SessionPhase? Phase { get; init; }

    /// <summary>Sessions that have ended, and not live ones.</summary>
    public bool IsEnded { get; init; }

    /// <summary>Of the ended ones, those with this outcome; null: with any.</summary>
    public SessionOutcome? Outcome { get; init; }

    public SessionOrder Order { get; init; }

    public int Limit { get; init; } = 50;

    /// <summary>The last session of the page before; null: the first page.</summary>
    public SessionCursor? After { get; init; }

    internal bool Takes(in FlowKey captured) =>
        (Client is not { } client || captured.Client.Address == client) && (ClientPort == 0 || captured.Client.Port == ClientPort);
}

/// <summary>A session's name beyond its shard: "0-17".</summary>
/// <param name="Shard">Number of its shard.</param>
/// <param name="Number">Its <c>FlowId</c> there.</param>
public readonly record struct SessionName(int Shard, long Number)
{
    public static bool TryParse(string text, out SessionName name)
    {
        name = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0 || !int.TryParse(text.AsSpan(0, dash), out var shard) || !long.TryParse(text.AsSpan(dash + 1), out var number))
            return false;
        name = new SessionName(shard, number);
        return true;
    }

    public int CompareTo(SessionName other) => (Shard, Number).CompareTo((other.Shard, other.Number));

    public override string ToString() => $"{Shard}-{Number}";
}

/// <summary>A place in the order of sessions: the largest keys first, then by name.</summary>
/// <param name="Key">What the order looks at.</param>
/// <param name="Name">Of the session.</param>
public readonly record struct SessionCursor(long Key, SessionName Name)
{
    /// <summary>The first of an answer first.</summary>
    public static IComparer<SessionCursor> FirstToLast { get; } = Comparer<SessionCursor>.Create((one, other) => one.CompareTo(other));

    /// <summary>Reads "key:name".</summary>
    public static bool TryParse(string text, out SessionCursor cursor)
    {
        cursor = default;
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0 || !long.TryParse(text.AsSpan(0, colon), out var key) || !SessionName.TryParse(text[(colon + 1)..], out var name))
            return false;
        cursor = new SessionCursor(key, name);
        return true;
    }

    /// <summary>Less than 0: this one comes first.</summary>
    public int CompareTo(SessionCursor other) => Key == other.Key ? Name.CompareTo(other.Name) : other.Key.CompareTo(Key);

    public override string ToString() => $"{Key}:{Name}";
}
