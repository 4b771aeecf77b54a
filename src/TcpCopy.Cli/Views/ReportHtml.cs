using System.Globalization;
using System.Net;
using System.Text;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Views;

/// <summary>Reports as one HTML file that needs nothing else: no script, no font, no picture from elsewhere; light or dark as its reader has it.</summary>
internal static class ReportHtml
{
    private const string Head =
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>tcpcopy report</title>
        <style>
        :root { color-scheme: light dark; --ground: #ffffff; --text: #1c2128; --faint: #667080; --line: #d9dee5; --online: #2f7ed8; --target: #e8772e; }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #14181e; --text: #e4e8ee; --faint: #97a1b0; --line: #323a45; --online: #6aa8f0; --target: #f3995c; }
        }
        body { margin: 0 auto; max-width: 72rem; padding: 1rem; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; }
        figure { margin: 0; } figcaption { color: var(--faint); }
        figure > svg { width: 100%; height: auto; } svg text { fill: var(--faint); font-size: 12px; }
        .grid { stroke: var(--line); stroke-dasharray: 2 3; vector-effect: non-scaling-stroke; } .axis { stroke: var(--faint); }
        path.online { fill: var(--online); fill-opacity: .6; } path.target { fill: var(--target); fill-opacity: .6; }
        .key::before { content: ""; display: inline-block; width: .8em; height: .8em; margin: 0 .3em 0 .8em; }
        .key.online::before { background: var(--online); } .key.target::before { background: var(--target); }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: .15rem .8rem .15rem 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
        th { color: var(--faint); font-weight: 600; } th:first-child, td:first-child { text-align: left; }
        @media (max-width: 40rem) {
          body { padding: .6rem; font-size: 13px; } h1 { font-size: 1.15rem; } h2 { font-size: .95rem; } svg text { font-size: 20px; }
          th, td { padding-right: .5rem; }
        }
        </style>
        </head>
        <body>

        """;

    public static string Write(IReadOnlyList<(string Name, Report Report)> reports)
    {
        var html = new StringBuilder(Head);
        foreach (var (name, report) in reports)
            Add(html, name, report);
        return html.Append("</body>\n</html>\n").ToString();
    }

    private static void Add(StringBuilder html, string name, Report report)
    {
        html.Append(CultureInfo.InvariantCulture, $"<h1>tcpcopy report of {Text(name)}, {report.Seconds:0.0} s</h1>\n");
        if (report.Comparison is { Requests.Compared: > 0 } comparison)
            AddPlots(html, comparison);
        foreach (var section in ReportSection.Of(report))
            AddTable(html, section);
    }

    private static void AddPlots(StringBuilder html, ComparisonPart comparison)
    {
        html.Append("<p>Share of requests by time, from a request's last byte:")
            .Append("<span class=\"key online\">online</span><span class=\"key target\">target</span></p>\n<div class=\"plots\">\n");
        AddPlot(html, "to the answer's first byte", comparison.Online.FirstByte, comparison.Target.FirstByte);
        AddPlot(html, "to the answer's last byte", comparison.Online.LastByte, comparison.Target.LastByte);
        html.Append("</div>\n");
    }

    private static void AddPlot(StringBuilder html, string title, SpreadPart online, SpreadPart target) =>
        html.Append("<figure>").Append(ReportPlot.Draw(title, online, target)).Append("<figcaption>").Append(title).Append("</figcaption></figure>\n");

    private static void AddTable(StringBuilder html, ReportSection section)
    {
        html.Append("<h2>").Append(Text(section.Title)).Append("</h2>\n<div class=\"wide\"><table>\n");
        foreach (var (index, row) in section.Rows.Index())
        {
            var cell = section.HasHeading && index == 0 ? "th" : "td";
            html.Append("<tr>");
            foreach (var value in row)
                html.Append('<').Append(cell).Append('>').Append(Text(value)).Append("</").Append(cell).Append('>');
            html.Append("</tr>\n");
        }
        html.Append("</table></div>\n");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
