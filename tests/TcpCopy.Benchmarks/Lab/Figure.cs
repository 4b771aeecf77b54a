using System.Globalization;
using Spectre.Console;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>One figure of one run.</summary>
/// <param name="Name">With its unit.</param>
/// <param name="Format">Of the number.</param>
/// <param name="Value">Null: there is none in this run.</param>
internal sealed record Figure(string Name, string Format, double? Value)
{
    public string Text => Show(Value);

    private string Show(double? value) => value?.ToString(Format, CultureInfo.InvariantCulture) ?? "";

    /// <summary>A row a figure and a column a run, with the median of all behind.</summary>
    /// <param name="title">Above the table.</param>
    /// <param name="runs">Each with the same figures in the same order.</param>
    public static void Print(string title, IReadOnlyList<IReadOnlyList<Figure>> runs)
    {
        var table = new Table { Border = TableBorder.Simple, Title = new TableTitle(title) };
        table.AddColumn("");
        table.AddColumns([.. runs.Select((_, index) => new TableColumn($"{index + 1}").RightAligned())]);
        table.AddColumn(new TableColumn("median").RightAligned());
        foreach (var (figure, row) in runs[0].Select((figure, row) => (figure, row)))
        {
            var values = runs.Select(run => run[row]).ToList();
            table.AddRow([figure.Name, .. values.Select(value => value.Text), figure.Show(values.Select(value => value.Value).Median())]);
        }
        AnsiConsole.Write(table);
    }
}
