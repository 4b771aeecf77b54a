using System.Text.Json;

namespace TcpCopy.Contracts.Api;

/// <summary>How the API calls the values of enumerations: "target-reset".</summary>
public static class ApiName
{
    public static string Of<T>(T value) where T : struct, Enum => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <param name="name">As <see cref="Of"/> makes it, and no other way.</param>
    /// <param name="value">What it is the name of.</param>
    public static bool TryParse<T>(string name, out T value) where T : struct, Enum
    {
        foreach (var candidate in Enum.GetValues<T>())
        {
            if (Of(candidate) != name)
                continue;
            value = candidate;
            return true;
        }
        value = default;
        return false;
    }

    public static IReadOnlyList<string> All<T>() where T : struct, Enum => [.. Enum.GetValues<T>().Select(Of)];
}
