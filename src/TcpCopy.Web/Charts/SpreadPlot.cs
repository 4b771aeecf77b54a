using System.Globalization;
using System.Text;
using TcpCopy.Contracts.Api;
using TcpCopy.Web.Feed;

namespace TcpCopy.Web.Charts;

/// <summary>Both sides' times as paths: the share of requests over the time, on a logarithmic scale.</summary>
public sealed class SpreadPlot
{
    private const int LeastDecades = 2;

    private readonly int _first;
    private readonly int _decades;

    public SpreadPlot(TimeSpread online, TimeSpread target)
    {
        var buckets = online.Buckets.Concat(target.Buckets).Select(bucket => bucket.Key).DefaultIfEmpty(-SpreadPart.BucketsPerDecade).ToList();
        _first = (int)Math.Floor((buckets.Min() - 1) / (double)SpreadPart.BucketsPerDecade);
        _decades = Math.Max(LeastDecades, (int)Math.Ceiling(buckets.Max() / (double)SpreadPart.BucketsPerDecade) - _first);
        Top = Math.Max(Math.Max(online.Peak, target.Peak), 0.01);
        Online = Path(online);
        Target = Path(target);
    }

    /// <summary>The share that the upper edge stands for.</summary>
    public double Top { get; }

    public string Online { get; }

    public string Target { get; }

    /// <summary>Powers of ten on the time axis: where, in percent of its length, and what they are called.</summary>
    public IEnumerable<(double Percent, string Name)> Ticks =>
        Enumerable.Range(0, _decades + 1).Select(decade => (100.0 * decade / _decades, NameOf(_first + decade)));

    /// <summary>A line at each power of ten.</summary>
    public string Grid => string.Concat(Enumerable.Range(0, _decades + 1).Select(decade =>
        string.Create(CultureInfo.InvariantCulture, $"M{(double)LinePlot.Width * decade / _decades:0.#} 0V{LinePlot.Height}")));

    // A block for each bucket; what lies behind the other side shines through.
    private string Path(TimeSpread times)
    {
        var path = new StringBuilder();
        foreach (var (bucket, count) in times.Buckets)
        {
            var height = LinePlot.Height * (1 - count / (double)times.Count / Top);
            path.Append(CultureInfo.InvariantCulture, $"M{X(bucket - 1):0.#} {LinePlot.Height}V{height:0.#}H{X(bucket):0.#}V{LinePlot.Height}Z");
        }
        return path.ToString();
    }

    private double X(int bucket) => LinePlot.Width * (bucket / (double)SpreadPart.BucketsPerDecade - _first) / _decades;

    private static string NameOf(int decade) => decade switch
    {
        < -3 => string.Create(CultureInfo.InvariantCulture, $"{Math.Pow(10, decade + 6):0} us"),
        < 0 => string.Create(CultureInfo.InvariantCulture, $"{Math.Pow(10, decade + 3):0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Pow(10, decade):0} s"),
    };
}
