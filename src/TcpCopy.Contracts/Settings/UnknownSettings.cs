using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace TcpCopy.Contracts.Settings;

/// <summary>Finds settings that no node reads: a slip of the pen must not pass for a setting that was made.</summary>
internal static class UnknownSettings
{
    private const int LikelySlip = 3;

    /// <summary>Adds an error for each name under <paramref name="path"/> that <paramref name="reference"/> does not have.</summary>
    public static void Find(Config given, Config reference, string path, List<SettingError> errors)
    {
        var known = reference.GetValue(path);
        var found = given.GetValue(path);
        if (found is null)
            return;
        if (!found.IsObject())
            errors.Add(new SettingError(path, Show(found), "a section is expected: write its settings in braces"));
        else
            Compare(found.GetObject(), known.GetObject(), path, errors);
    }

    private static void Compare(HoconObject found, HoconObject known, string path, List<SettingError> errors)
    {
        foreach (var (name, value) in found.Items)
        {
            var place = $"{path}.{name}";
            if (!known.Items.TryGetValue(name, out var expected))
                errors.Add(new SettingError(place, value.IsObject() ? null : Show(value), Remedy(name, known.Items.Keys)));
            else if (!expected.IsObject())
                continue;
            else if (value.IsObject())
                Compare(value.GetObject(), expected.GetObject(), place, errors);
            else
                errors.Add(new SettingError(place, Show(value), "a section is expected: write its settings in braces"));
        }
    }

    public static string Show(HoconValue value) =>
        ItemsOf(value) is { } items ? $"[{string.Join(", ", items.Select(Show))}]" : value.IsString() ? value.GetString() : "{...}";

    /// <summary>The items of a list, be it empty (which the value's own test takes for no list at all); null of anything else.</summary>
    public static IReadOnlyList<HoconValue>? ItemsOf(HoconValue value) => value.Values.OfType<HoconArray>().FirstOrDefault();

    private static string Remedy(string name, IEnumerable<string> known)
    {
        var names = known.Order(StringComparer.Ordinal).ToArray();
        var nearest = names.MinBy(candidate => Distance(name, candidate));
        return nearest is not null && Distance(name, nearest) <= LikelySlip
            ? $"there is no such setting; did you mean '{nearest}'?"
            : $"there is no such setting; known here: {string.Join(", ", names)}";
    }

    /// <summary>Letters to change, add or drop (Levenshtein).</summary>
    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (left[i - 1] == right[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }
        return row[^1];
    }
}
