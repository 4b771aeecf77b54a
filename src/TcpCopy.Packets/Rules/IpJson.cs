using System.Text.Json;

namespace TcpCopy.Packets.Rules;

/// <summary>Lists of the command ip, in numbers instead of the names that a host may have given to tables and protocols.</summary>
internal static class IpJson
{
    /// <exception cref="RulesException">ip refused.</exception>
    public static List<JsonElement> Read(params string[] arguments) => Parse(SystemCommand.Run("ip", [.. arguments.Prepend("-j").Prepend("-N")]));

    /// <summary>As <see cref="Read"/>, but what ip refuses to list counts as empty: a table without routes, a family that the kernel lacks.</summary>
    public static List<JsonElement> ReadOrEmpty(params string[] arguments)
    {
        var result = SystemCommand.TryRun("ip", [.. arguments.Prepend("-j").Prepend("-N")]);
        return result.Succeeded ? Parse(result.Output) : [];
    }

    /// <summary>The property as text; empty when it is absent.</summary>
    public static string Text(this JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.ToString() : "";

    private static List<JsonElement> Parse(string json)
    {
        if (string.IsNullOrWhiteSpace(json))
            return [];
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.Clone().EnumerateArray()];
    }
}
