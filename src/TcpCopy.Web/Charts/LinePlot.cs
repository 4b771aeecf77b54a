using System.Globalization;
using System.Text;
using TcpCopy.Web.Feed;

namespace TcpCopy.Web.Charts;

/// <summary>Lines over time as the paths of a drawing that is <see cref="Width"/> by <see cref="Height"/>, whatever its size on the screen.</summary>
public sealed class LinePlot
{
    public const int Width = 600;
    public const int Height = 100;

    /// <summary>More would be sent again and again and not be seen.</summary>
    private const int MostPoints = 200;

    private static readonly int[] NiceFactors = [1, 2, 3, 4, 5, 6, 8, 10];

    private readonly List<List<(double X, double? Value)>> _lines = [];
    private readonly Func<double, double> _heightOf;

    /// <param name="samples">Oldest first.</param>
    /// <param name="series">What is drawn of them.</param>
    /// <param name="window">How far back, from the newest one.</param>
    /// <param name="scale">How high a value is.</param>
    public LinePlot(IReadOnlyList<Sample> samples, IReadOnlyList<LineSeries> series, TimeSpan window, LineScale scale)
    {
        var step = TimeSpan.FromSeconds(Math.Max(1, Math.Ceiling(window.TotalSeconds / MostPoints)));
        var end = samples.Count == 0 ? DateTimeOffset.UnixEpoch : samples[^1].At;
        // Steps begin where they would begin at any other moment, or the line would tremble as it moves.
        var steps = samples.Where(sample => sample.At > end - window).GroupBy(sample => sample.At.Ticks / step.Ticks).ToList();
        foreach (var line in series)
        {
            _lines.Add([.. steps.Select(group =>
                (XOf(group.Last().At, end, window), group.Select(line.Value).Where(value => value is not null).Average()))]);
        }
        var values = _lines.SelectMany(line => line).Select(point => point.Value).OfType<double>().DefaultIfEmpty(0).ToList();
        if (scale == LineScale.FromZero)
        {
            (Top, Middle, Bottom, _heightOf) = (NiceTop(values.Max()), NiceTop(values.Max()) / 2, 0, value => value / Top);
            return;
        }
        var positive = values.Where(value => value > 0).DefaultIfEmpty(1).ToList();
        (Top, Bottom) = (NextDecade(positive.Max()), NextDecade(positive.Min()) / 10);
        Middle = Math.Sqrt(Top * Bottom);
        _heightOf = value => value <= Bottom ? 0 : Math.Log(value / Bottom) / Math.Log(Top / Bottom);
    }

    /// <summary>What the upper edge stands for.</summary>
    public double Top { get; }

    public double Middle { get; }

    public double Bottom { get; }

    /// <summary>The last value of a line; null: it has none at its end.</summary>
    public double? Last(int line) => _lines[line].Count == 0 ? null : _lines[line][^1].Value;

    /// <summary>The path of a line (SVG), with a hole where nothing was measured.</summary>
    public string Path(int line)
    {
        var path = new StringBuilder();
        var isDown = false;
        foreach (var (x, value) in _lines[line])
        {
            if (value is { } height)
                path.Append(CultureInfo.InvariantCulture, $"{(isDown ? 'L' : 'M')}{x:0.#} {Height * (1 - _heightOf(height)):0.#}");
            isDown = value is not null;
        }
        return path.ToString();
    }

    /// <summary>The next of some round numbers whose halves are as short.</summary>
    public static double NiceTop(double value)
    {
        if (value <= 0)
            return 1;
        var decade = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return NiceFactors.Select(factor => factor * decade).First(top => top >= value * 0.999);
    }

    // A hair above a power of ten is that power still.
    private static double NextDecade(double value) => Math.Pow(10, Math.Ceiling(Math.Log10(value) - 0.001));

    private static double XOf(DateTimeOffset at, DateTimeOffset end, TimeSpan window) => Width * (1 - (end - at) / window);
}
