using System.Globalization;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Views;

/// <summary>A report as plain text.</summary>
internal static class ReportText
{
    private const string Indent = "  ";
    private const int ColumnGap = 2;

    public static void Print(TextWriter output, string name, Report report)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"tcpcopy report of {name}, {report.Seconds:0.0} s"));
        foreach (var section in ReportSection.Of(report))
            Print(output, section);
        output.Flush();
    }

    /// <summary>Columns are aligned: the first to the left, the others to the right.</summary>
    private static void Print(TextWriter output, ReportSection section)
    {
        output.WriteLine();
        output.WriteLine(section.Title);
        var columns = section.Rows.Max(row => row.Length);
        var widths = Enumerable.Range(0, columns).Select(column => section.Rows.Max(row => row.ElementAtOrDefault(column)?.Length ?? 0)).ToArray();
        foreach (var row in section.Rows)
        {
            var cells = row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column] + ColumnGap));
            output.WriteLine((Indent + string.Concat(cells)).TrimEnd());
        }
    }
}
