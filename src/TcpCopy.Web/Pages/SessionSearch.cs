using System.Globalization;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Web.Pages;

/// <summary>Which sessions are looked for, as the address of the page has it and as the node is asked.</summary>
/// <param name="Client">An address, or address:port; empty: any.</param>
/// <param name="State">A phase, "ended", or an outcome behind <see cref="OutcomeMark"/>; empty: all live ones.</param>
/// <param name="Sort">age, bytes, retransmissions or hold.</param>
public sealed record SessionSearch(string Client, string State, string Sort)
{
    public const int PageSize = 25;

    private const string OutcomeMark = "=";

    /// <summary>What can be chosen, and what it is called.</summary>
    public static IReadOnlyList<(string Value, string Name)> States { get; } =
    [
        ("", "all live"),
        .. SessionStates.Live.Select(state => (state, state)),
        (SessionStates.Ended, "ended lately"),
        .. SessionStates.Outcomes.Select(outcome => (OutcomeMark + outcome, $"ended: {outcome}")),
    ];

    public static IReadOnlyList<(string Value, string Name)> Sorts { get; } =
        [("bytes", "most bytes"), ("age", "oldest"), ("retransmissions", "most repeated"), ("hold", "held longest")];

    public static SessionSearch Of(string? client, string? state, string? sort) => new(
        client?.Trim() ?? "",
        States.Any(known => known.Value == state) ? state! : "",
        Sorts.Any(known => known.Value == sort) ? sort! : Sorts[0].Value);

    /// <summary>What <c>/api/sessions</c> is asked.</summary>
    /// <param name="after">What the page before had as next; null: the first page.</param>
    public string ToQuery(string? after)
    {
        var (name, value) = State.StartsWith(OutcomeMark, StringComparison.Ordinal) ? ("outcome", State[OutcomeMark.Length..]) : ("state", State);
        (string Name, string Value)[] parts =
        [
            ("client", Client), (name, value), ("sort", Sort), ("limit", PageSize.ToString(CultureInfo.InvariantCulture)), ("after", after ?? ""),
        ];
        return string.Join('&', parts.Where(part => part.Value.Length > 0).Select(part => $"{part.Name}={Uri.EscapeDataString(part.Value)}"));
    }
}
