using System.Globalization;
using System.Text;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Views;

/// <summary>Both sides' times as one drawing (SVG): the share of requests over the time, on a logarithmic scale.</summary>
internal static class ReportPlot
{
    private const double Width = 640;
    private const double Height = 220;
    private const double Floor = 190;
    private const double Top = 12;
    private const double Left = 44;
    private const double Right = Width - 8;
    private const int LabelGap = 18;

    /// <param name="title">Read out in place of the drawing.</param>
    public static string Draw(string title, SpreadPart online, SpreadPart target)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{title}\">");
        var bounds = online.Buckets.Concat(target.Buckets).Select(bucket => bucket.UpTo).ToList();
        if (bounds.Count > 0)
        {
            var scale = new Scale(Math.Floor(Math.Log10(bounds.Min()) - 0.1), Math.Ceiling(Math.Log10(bounds.Max())), Math.Max(Peak(online), Peak(target)));
            DrawAxes(svg, scale);
            DrawSide(svg, scale, "online", online);
            DrawSide(svg, scale, "target", target);
        }
        return svg.Append("</svg>").ToString();
    }

    private static double Peak(SpreadPart times) => times.Count == 0 ? 0 : (double)times.Buckets.Max(bucket => bucket.Count) / times.Count;

    private static void DrawAxes(StringBuilder svg, Scale scale)
    {
        for (var decade = scale.First; decade <= scale.Last; decade++)
        {
            var x = scale.X(decade);
            var anchor = decade == scale.Last ? "end" : "middle";
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{x:0.0}\" y1=\"{Top}\" x2=\"{x:0.0}\" y2=\"{Floor}\"/>")
                .Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.0}\" y=\"{Floor + LabelGap}\" text-anchor=\"{anchor}\">")
                .Append(Label(decade)).Append("</text>");
        }
        svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{Left}\" y1=\"{Floor}\" x2=\"{Right}\" y2=\"{Floor}\"/>")
            .Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{Top + 6}\">{scale.Peak:0.#%}</text>");
    }

    /// <summary>A block for each bucket; what lies behind the other side shines through.</summary>
    private static void DrawSide(StringBuilder svg, Scale scale, string side, SpreadPart times)
    {
        svg.Append("<path class=\"").Append(side).Append("\" d=\"");
        foreach (var bucket in times.Buckets)
        {
            var (to, share) = (Math.Log10(bucket.UpTo), (double)bucket.Count / times.Count);
            svg.Append(
                CultureInfo.InvariantCulture,
                $"M{scale.X(to - SpreadPart.BucketWidth):0.0} {Floor}V{scale.Y(share):0.0}H{scale.X(to):0.0}V{Floor}Z");
        }
        svg.Append("\"/>");
    }

    private static string Label(double decade) => decade switch
    {
        < -3 => string.Create(CultureInfo.InvariantCulture, $"{Math.Pow(10, decade + 6):0} us"),
        < 0 => string.Create(CultureInfo.InvariantCulture, $"{Math.Pow(10, decade + 3):0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Pow(10, decade):0} s"),
    };

    /// <param name="First">Decade of seconds at the left.</param>
    /// <param name="Last">Decade of seconds at the right.</param>
    /// <param name="Peak">Share at the top.</param>
    private sealed record Scale(double First, double Last, double Peak)
    {
        public double X(double decade) => Left + (Right - Left) * (decade - First) / (Last - First);

        public double Y(double share) => Floor - (Floor - Top) * share / Peak;
    }
}
