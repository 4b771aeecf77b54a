using TcpCopy.Core.Session;

namespace TcpCopy.Contracts.Api;

/// <summary>What sessions can be looked for by, as <c>/api/sessions</c> calls it.</summary>
public static class SessionStates
{
    /// <summary>The state of all that have ended.</summary>
    public const string Ended = "ended";

    /// <summary>States of those that live.</summary>
    public static IReadOnlyList<string> Live { get; } = [.. ApiName.All<SessionPhase>().Where(name => name != ApiName.Of(SessionPhase.Closed))];

    /// <summary>How a session may have ended.</summary>
    public static IReadOnlyList<string> Outcomes { get; } = ApiName.All<SessionOutcome>();
}
