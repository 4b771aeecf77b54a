using Spectre.Console;

namespace TcpCopy.Cli.Views;

/// <summary>Draws rows with their groups.</summary>
internal static class SummaryTable
{
    private const int GroupWidth = 10;

    public static void PrintPlain(TextWriter output, string title, IReadOnlyList<SummaryRow> rows)
    {
        var nameWidth = rows.Max(row => row.Name.Length);
        var valueWidth = rows.Max(row => row.Value.Length);
        output.WriteLine(title);
        var group = "";
        foreach (var row in rows)
        {
            var heading = row.Group == group ? "" : row.Group;
            output.WriteLine($"  {heading.PadRight(GroupWidth)}  {row.Name.PadRight(nameWidth)}  {row.Value.PadLeft(valueWidth)}");
            group = row.Group;
        }
        output.Flush();
    }

    public static void Print(IAnsiConsole console, string title, IReadOnlyList<SummaryRow> rows)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = false, Title = new TableTitle(Markup.Escape(title)) };
        table.AddColumn("");
        table.AddColumn("");
        table.AddColumn(new TableColumn("").RightAligned());
        var group = "";
        foreach (var row in rows)
        {
            table.AddRow(Markup.Escape(row.Group == group ? "" : row.Group), Markup.Escape(row.Name), Markup.Escape(row.Value));
            group = row.Group;
        }
        console.Write(table);
    }
}
