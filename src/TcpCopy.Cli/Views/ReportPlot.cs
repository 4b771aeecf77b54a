using System.Globalization;
using System.Text;
using TcpCopy.Contracts.Api;
using TcpCopy.Web.Charts;
using TcpCopy.Web.Feed;

namespace TcpCopy.Cli.Views;

/// <summary>Both sides' times as one drawing (SVG) that holds its letters, too: the web page's drawing within its axes.</summary>
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
        var plot = new SpreadPlot(TimeSpread.Of(online), TimeSpread.Of(target));
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{title}\">");
        DrawSides(svg, plot);
        DrawAxes(svg, plot);
        return svg.Append("</svg>").ToString();
    }

    private static void DrawSides(StringBuilder svg, SpreadPlot plot) => svg
        .Append(CultureInfo.InvariantCulture, $"<svg x=\"{Left}\" y=\"{Top}\" width=\"{Right - Left}\" height=\"{Floor - Top}\"")
        .Append(CultureInfo.InvariantCulture, $" viewBox=\"0 0 {LinePlot.Width} {LinePlot.Height}\" preserveAspectRatio=\"none\">")
        .Append("<path class=\"grid\" d=\"").Append(plot.Grid)
        .Append("\"/><path class=\"online\" d=\"").Append(plot.Online)
        .Append("\"/><path class=\"target\" d=\"").Append(plot.Target)
        .Append("\"/></svg>");

    private static void DrawAxes(StringBuilder svg, SpreadPlot plot)
    {
        foreach (var (percent, name) in plot.Ticks)
        {
            var x = Left + (Right - Left) * percent / 100;
            var anchor = percent < 100 ? "middle" : "end";
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.0}\" y=\"{Floor + LabelGap}\" text-anchor=\"{anchor}\">{name}</text>");
        }
        svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{Left}\" y1=\"{Floor}\" x2=\"{Right}\" y2=\"{Floor}\"/>")
            .Append(CultureInfo.InvariantCulture, $"<text x=\"0\" y=\"{Top + 6}\">{plot.Top:0.#%}</text>");
    }
}
