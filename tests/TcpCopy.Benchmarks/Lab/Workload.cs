using System.Globalization;
using System.Text.RegularExpressions;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>A load of the client's on the online host.</summary>
/// <param name="Name">As it is asked for.</param>
/// <param name="Description">In a line.</param>
/// <param name="Tool">wrk or hey.</param>
/// <param name="Options">What stands between the tool and the address.</param>
/// <param name="RatioGoal">Most processor time that copier and interceptor together may use, in the online server's own time.</param>
internal sealed partial record Workload(string Name, string Description, string Tool, IReadOnlyList<string> Options, double RatioGoal)
{
    public static readonly IReadOnlyList<Workload> All =
    [
        new("ka-sat", "50 keep-alive clients at full speed", "wrk", ["-t1", "-c50", "-d8s", "--latency"], 0.60),
        new("short-sat", "50 clients with a connection a request, at full speed", "wrk", ["-t1", "-c50", "-d8s", "--latency", "-H", "Connection: close"], 2.0),
        new("ka-1500", "30 keep-alive clients, 1,500 requests a second", "hey", ["-n", "15000", "-c", "30", "-q", "50"], 1.6),
        new("short-1500", "30 clients, a connection a request, 1,500 a second", "hey", ["-n", "15000", "-c", "30", "-q", "50", "-disable-keepalive"], 2.8),
    ];

    /// <summary>It asks for as much as there is.</summary>
    public bool IsSaturating => Tool == "wrk";

    /// <summary>Requests a second and the 99th percentile of their time, from what the tool printed.</summary>
    /// <exception cref="FormatException">It printed none.</exception>
    public static (double RequestsPerSecond, TimeSpan Tail) ReadReport(string report)
    {
        var (rate, tail) = (Rate().Match(report), Tail().Match(report));
        if (!rate.Success || !tail.Success)
            throw new FormatException($"no figures in the load's report:\n{report}");
        var value = double.Parse(tail.Groups["value"].Value, CultureInfo.InvariantCulture);
        var time = tail.Groups["unit"].Value switch
        {
            "us" => TimeSpan.FromMicroseconds(value),
            "ms" => TimeSpan.FromMilliseconds(value),
            _ => TimeSpan.FromSeconds(value),
        };
        return (double.Parse(rate.Groups["value"].Value, CultureInfo.InvariantCulture), time);
    }

    [GeneratedRegex(@"Requests/sec:\s+(?<value>[\d.]+)")]
    private static partial Regex Rate();

    // wrk: "     99%    3.96ms"; hey: "  99% in 0.0041 secs", with a stray percent sign in some versions.
    [GeneratedRegex(@"^\s+99%+\s+(in )?(?<value>[\d.]+)\s*(?<unit>us|ms|s)", RegexOptions.Multiline)]
    private static partial Regex Tail();
}
