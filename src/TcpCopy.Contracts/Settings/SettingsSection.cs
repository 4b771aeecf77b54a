using System.Globalization;
using Akka.Configuration;
using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Settings;

/// <summary>
/// Reads typed values from one section. What cannot be read is noted in the list of errors that all sections share, and a harmless value
/// stands in for it, so that one pass finds everything that is wrong.
/// </summary>
internal sealed class SettingsSection(Config given, string path, List<SettingError> errors)
{
    // A section that is none has been reported as such; its defaults stand in, so that it is not reported setting by setting, too.
    private readonly Config _config = given.GetValue(path) is { } section && section.IsObject() ? given : NodeConfig.Reference;

    public string Text(string name) => _config.GetValue(PathOf(name)) is { } value && UnknownSettings.ItemsOf(value) is null && value.IsString()
        ? value.GetString()
        : Wrong<string>(name, "give one value") ?? "";

    /// <summary>The items of a list; a single text is a list of its comma-separated pieces.</summary>
    public IReadOnlyList<string> List(string name)
    {
        var value = _config.GetValue(PathOf(name));
        if (value is not null && UnknownSettings.ItemsOf(value) is { } items && items.All(item => item.IsString()))
            return [.. items.Select(item => item.GetString())];
        if (value is not null && value.IsString())
            return value.GetString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return Wrong<string[]>(name, "give a list in brackets, e.g. [\"a\", \"b\"]") ?? [];
    }

    /// <summary>Addresses and ranges of them; what is none is noted and left out.</summary>
    public IReadOnlyList<AddressRange> Ranges(string name)
    {
        var ranges = new List<AddressRange>();
        foreach (var text in List(name))
        {
            if (AddressRange.Parse(text, out var range) is { } fault)
                Wrong<string>(name, text, fault);
            else
                ranges.Add(range);
        }
        return ranges;
    }

    public long Whole(string name, long least, long most) => WholeOf(name, Text(name), least, most, "");

    /// <summary>A number, or null for "auto".</summary>
    public long? WholeOrAuto(string name, long least, long most)
    {
        var text = Text(name);
        return IsAuto(text) ? null : WholeOf(name, text, least, most, " or 'auto'");
    }

    public int Size(string name, long least, long most)
    {
        if (Units.TrySize(Text(name), out var bytes) && bytes >= least && bytes <= most)
            return (int)bytes;
        return Wrong<int>(name, $"give a size from {least} to {most} bytes, e.g. 64 KiB");
    }

    /// <summary>A size, or null for "auto".</summary>
    public long? SizeOrAuto(string name, long least)
    {
        if (IsAuto(Text(name)))
            return null;
        return Units.TrySize(Text(name), out var bytes) && bytes >= least
            ? bytes
            : Wrong<long>(name, $"give a size of at least {least} bytes, e.g. 512 MiB, or 'auto'");
    }

    /// <summary>"20 %" as 0.2.</summary>
    public double Percent(string name, double least)
    {
        if (Units.TryPercent(Text(name), out var percent) && percent >= least && percent <= 100)
            return percent / 100;
        return Wrong<double>(name, string.Create(CultureInfo.InvariantCulture, $"give a percentage from {least} to 100, e.g. 50 %"));
    }

    public TimeSpan Duration(string name, TimeSpan least, TimeSpan most)
    {
        if (Units.TryDuration(Text(name), out var duration) && duration >= least && duration <= most)
            return duration;
        return Wrong<TimeSpan>(name, $"give a duration from {Units.Show(least)} to {Units.Show(most)} with its unit, e.g. 250 ms");
    }

    public bool Switch(string name) => Text(name) switch
    {
        "on" or "true" or "yes" => true,
        "off" or "false" or "no" => false,
        _ => Wrong<bool>(name, "give on or off"),
    };

    public T OneOf<T>(string name) where T : struct, Enum =>
        Enum.TryParse<T>(Text(name), ignoreCase: true, out var value) && Enum.IsDefined(value) && !char.IsAsciiDigit(Text(name)[0])
            ? value
            : Wrong<T>(name, $"give one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}");

    public static bool IsAuto(string text) => text == "auto";

    public string PathOf(string name) => $"{path}.{name}";

    /// <summary>Notes an error with the value as it is written.</summary>
    /// <returns>The default value, to go on with.</returns>
    public T? Wrong<T>(string name, string remedy)
    {
        var value = _config.GetValue(PathOf(name));
        return Wrong<T>(name, value is null ? null : UnknownSettings.Show(value), remedy);
    }

    public T? Wrong<T>(string name, string? value, string remedy)
    {
        // A value of the wrong shape is found again by whoever tries to read more out of it: the first remedy is the one that counts.
        if (errors.All(error => error.Place != PathOf(name) || error.Value != value))
            errors.Add(new SettingError(PathOf(name), value is "" ? "\"\"" : value, remedy));
        return default;
    }

    private long WholeOf(string name, string text, long least, long most, string alternative) =>
        Units.TryWhole(text, out var value) && value >= least && value <= most
            ? value
            : Wrong<long>(name, string.Create(CultureInfo.InvariantCulture, $"give a whole number from {least} to {most}{alternative}"));
}
