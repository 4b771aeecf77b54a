using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using TcpCopy.Contracts.Api;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;

namespace TcpCopy.Cli.Http;

/// <summary>Reads what /api/sessions is asked: client, state, outcome, sort, limit, after.</summary>
internal static class SessionQueryParser
{
    private static readonly string[] Known = ["client", "state", "outcome", "sort", "limit", "after"];

    /// <param name="fault">Null, or what is wrong and what is expected.</param>
    public static bool TryParse(IQueryCollection given, out SessionQuery query, [NotNullWhen(false)] out string? fault)
    {
        query = new SessionQuery();
        fault = given.Keys.FirstOrDefault(name => !Known.Contains(name)) is { } unknown
            ? $"'{unknown}' is unknown: give {string.Join(", ", Known)}"
            : ReadClient($"{given["client"]}", ref query)
                ?? ReadState($"{given["state"]}", $"{given["outcome"]}", ref query)
                ?? ReadPage($"{given["sort"]}", $"{given["limit"]}", $"{given["after"]}", ref query);
        return fault is null;
    }

    private static string? ReadClient(string text, ref SessionQuery query)
    {
        if (text.Length == 0)
            return null;
        if (HostAddress.TryParse(text.Trim('[', ']'), out var address))
            query = query with { Client = address };
        else if (TransferParser.TryParseEndpoint(text, out var client, out _))
            query = query with { Client = client.Address, ClientPort = client.Port };
        else
            return $"client '{text}': give an address, or address:port with IPv6 in brackets";
        return null;
    }

    private static string? ReadState(string state, string outcome, ref SessionQuery query)
    {
        if (outcome.Length > 0)
        {
            if (!ApiName.TryParse(outcome, out SessionOutcome ended))
                return $"outcome '{outcome}': give one of {string.Join(", ", SessionStates.Outcomes)}";
            query = query with { IsEnded = true, Outcome = ended };
        }
        if (state == SessionStates.Ended)
            query = query with { IsEnded = true };
        else if (state.Length > 0 && outcome.Length > 0)
            return "a session with an outcome has ended: leave state out";
        else if (SessionStates.Live.Contains(state) && ApiName.TryParse(state, out SessionPhase phase))
            query = query with { Phase = phase };
        else if (state.Length > 0)
            return $"state '{state}': give {SessionStates.Ended} or one of {string.Join(", ", SessionStates.Live)}";
        return null;
    }

    private static string? ReadPage(string sort, string limit, string after, ref SessionQuery query)
    {
        if (sort.Length > 0)
        {
            if (!ApiName.TryParse(sort, out SessionOrder order))
                return $"sort '{sort}': give one of {string.Join(", ", ApiName.All<SessionOrder>())}";
            query = query with { Order = order };
        }
        if (limit.Length > 0)
        {
            if (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var most) || most is < 1 or > SessionQuery.MostSessions)
                return $"limit '{limit}': give a number from 1 to {SessionQuery.MostSessions}";
            query = query with { Limit = most };
        }
        if (after.Length == 0)
            return null;
        if (!SessionCursor.TryParse(after, out var cursor))
            return $"after '{after}': give what the page before had as next";
        query = query with { After = cursor };
        return null;
    }
}
