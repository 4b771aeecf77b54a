using System.Globalization;

namespace TcpCopy.Contracts.Settings;

/// <summary>Numbers with units as HOCON writes them.</summary>
internal static class Units
{
    private static readonly Dictionary<string, double> Seconds = new(StringComparer.Ordinal)
    {
        ["us"] = 1e-6, ["microseconds"] = 1e-6,
        ["ms"] = 1e-3, ["milliseconds"] = 1e-3, ["millisecond"] = 1e-3,
        ["s"] = 1, ["seconds"] = 1, ["second"] = 1,
        ["m"] = 60, ["minutes"] = 60, ["minute"] = 60,
        ["h"] = 3600, ["hours"] = 3600, ["hour"] = 3600,
        ["d"] = 86400, ["days"] = 86400, ["day"] = 86400,
    };

    private static readonly Dictionary<string, double> Bytes = new(StringComparer.Ordinal)
    {
        [""] = 1, ["B"] = 1, ["b"] = 1,
        ["K"] = 1 << 10, ["k"] = 1 << 10, ["KiB"] = 1 << 10, ["kB"] = 1e3,
        ["M"] = 1 << 20, ["m"] = 1 << 20, ["MiB"] = 1 << 20, ["MB"] = 1e6,
        ["G"] = 1 << 30, ["g"] = 1 << 30, ["GiB"] = 1 << 30, ["GB"] = 1e9,
    };

    /// <summary>Reads "250 ms"; a unit is required.</summary>
    public static bool TryDuration(string text, out TimeSpan duration)
    {
        duration = default;
        if (!TryScaled(text, Seconds, out var seconds) || seconds > TimeSpan.MaxValue.TotalSeconds / 2)
            return false;
        duration = TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond));
        return true;
    }

    /// <summary>Reads "16 MiB" or a number of bytes.</summary>
    public static bool TrySize(string text, out long bytes)
    {
        bytes = 0;
        if (!TryScaled(text, Bytes, out var value) || value > long.MaxValue / 2 || value != Math.Floor(value))
            return false;
        bytes = (long)value;
        return true;
    }

    /// <summary>Reads "12.5 %"; the sign is required.</summary>
    public static bool TryPercent(string text, out double percent)
    {
        percent = 0;
        return text.EndsWith('%')
            && double.TryParse(text.AsSpan(0, text.Length - 1).Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out percent);
    }

    /// <summary>Reads a decimal number, or a hexadecimal one after "0x".</summary>
    public static bool TryWhole(string text, out long value) => text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    /// <summary>In the largest unit that leaves a whole number: "250 ms".</summary>
    public static string Show(TimeSpan duration)
    {
        foreach (var unit in new[] { "d", "h", "m", "s", "ms" })
        {
            var ticks = (long)(Seconds[unit] * TimeSpan.TicksPerSecond);
            if (duration.Ticks != 0 && duration.Ticks % ticks == 0)
                return $"{duration.Ticks / ticks} {unit}";
        }
        return $"{duration.Ticks / TimeSpan.TicksPerMicrosecond} us";
    }

    private static bool TryScaled(string text, Dictionary<string, double> units, out double value)
    {
        var digits = text.TakeWhile(letter => char.IsAsciiDigit(letter) || letter == '.').Count();
        value = 0;
        if (!double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || !units.TryGetValue(text[digits..].Trim(), out var scale))
            return false;
        value = number * scale;
        return true;
    }
}
