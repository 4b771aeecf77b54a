using TcpCopy.Contracts.Api;
using TcpCopy.Core.Session;

namespace TcpCopy.Web.Pages;

/// <summary>Whether an outcome is good, as the operator wanted it, or bad: classes of the style sheet.</summary>
public static class OutcomeKind
{
    private static readonly string Good = ApiName.Of(SessionOutcome.Replayed);

    /// <summary>All others are losses.</summary>
    private static readonly string[] Wanted =
    [
        .. new[] { SessionOutcome.SampledOut, SessionOutcome.LeftToAnother, SessionOutcome.MidStreamRefused, SessionOutcome.Stopped }.Select(ApiName.Of),
    ];

    public static string Of(string outcome) => outcome == Good ? "good" : Wanted.Contains(outcome) ? "plain" : "bad";
}
