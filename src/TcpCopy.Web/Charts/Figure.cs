using System.Globalization;

namespace TcpCopy.Web.Charts;

/// <summary>Numbers as people read them.</summary>
public static class Figure
{
    private const double Kilo = 1000;
    private const int Minute = 60;
    private const int Hour = 60 * Minute;
    private const int Day = 24 * Hour;

    /// <summary>Two or three digits where it is small, else with commas.</summary>
    public static string Number(double value) => Math.Abs(value) switch
    {
        0 => "0",
        < 1 => value.ToString("0.##", CultureInfo.InvariantCulture),
        < 10 => value.ToString("0.#", CultureInfo.InvariantCulture),
        _ => value.ToString("#,0", CultureInfo.InvariantCulture),
    };

    public static string Rate(double value) => $"{Number(value)}/s";

    /// <param name="megabits">A second.</param>
    public static string Bits(double megabits) => megabits switch
    {
        0 => "0",
        < 1 => $"{Number(megabits * Kilo)} kbit/s",
        < Kilo => $"{Number(megabits)} Mbit/s",
        _ => $"{Number(megabits / Kilo)} Gbit/s",
    };

    public static string Bytes(double bytes) => bytes switch
    {
        < Kilo => $"{Number(bytes)} B",
        < Kilo * Kilo => $"{Number(bytes / Kilo)} KB",
        < Kilo * Kilo * Kilo => $"{Number(bytes / Kilo / Kilo)} MB",
        _ => $"{Number(bytes / Kilo / Kilo / Kilo)} GB",
    };

    public static string Share(double share) => $"{Number(share * 100)} %";

    /// <summary>The two largest units.</summary>
    public static string Duration(double seconds) => seconds switch
    {
        < Minute => string.Create(CultureInfo.InvariantCulture, $"{seconds:0} s"),
        < Hour => string.Create(CultureInfo.InvariantCulture, $"{(int)seconds / Minute} min {(int)seconds % Minute} s"),
        < Day => string.Create(CultureInfo.InvariantCulture, $"{(int)seconds / Hour} h {(int)seconds % Hour / Minute} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(int)(seconds / Day)} d {(int)(seconds % Day) / Hour} h"),
    };
}
