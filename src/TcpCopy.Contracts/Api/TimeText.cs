using System.Globalization;

namespace TcpCopy.Contracts.Api;

/// <summary>A time in two or three digits and its unit.</summary>
public static class TimeText
{
    /// <summary>A difference, with its sign.</summary>
    public static string Difference(double seconds) => (seconds < 0 ? "-" : "+") + Of(Math.Abs(seconds));

    public static string Of(double? seconds) => seconds switch
    {
        null => "-",
        < 0.001 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e6:0} us"),
        < 1 => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:0.0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s"),
    };
}
