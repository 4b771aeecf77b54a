using System.Globalization;
using Spectre.Console;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>The runs of a workload as a table, a row a run and their medians below.</summary>
internal static class ResultTable
{
    private static readonly Column[] Columns =
    [
        new("online", "0", run => run.Online),
        new("target", "0", run => run.Copy?.Target),
        new("missing", "0", run => run.Online - run.Copy?.Target),
        new("dropped", "0", run => run.Copy?.Summaries.Dropped),
        new("sent again", "0", run => run.Copy?.Summaries.Retransmissions),
        new("online req/s", "0", run => run.RequestsPerSecond),
        new("online p99 ms", "0.00", run => run.TailMilliseconds),
        new("nginx us/req", "0.0", run => PerRequest(run.OnlineServer, run.Online)),
        new("copier us/req", "0.0", run => PerRequest(run.Copy?.Copier, run.Copy?.Target)),
        new("interceptor us/req", "0.0", run => PerRequest(run.Copy?.Interceptor, run.Copy?.Target)),
        new("ratio copier", "0.00", run => Ratio(run, run.Copy?.Copier)),
        new("ratio interceptor", "0.00", run => Ratio(run, run.Copy?.Interceptor)),
        new("ratio sum", "0.00", SumRatio),
        new("start of both s", "0.00", run => run.Copy?.Start.TotalSeconds),
        new("copier MB", "0", run => run.Copy?.Summaries.CopierMegabytes),
        new("interceptor MB", "0", run => run.Copy?.Summaries.InterceptorMegabytes),
        new("bytes allocated/req", "0", run => (double?)run.Copy?.Summaries.Allocated / run.Copy?.Target),
        new("GCs copier", "0", run => run.Copy?.Summaries.CopierCollections),
        new("GCs interceptor", "0", run => run.Copy?.Summaries.InterceptorCollections),
    ];

    /// <summary>Processor time of copier and interceptor for a copied request, in that of the online server for one of its.</summary>
    public static double? SumRatio(RunResult run) => Ratio(run, run.Copy?.Copier + run.Copy?.Interceptor);

    /// <summary>A row a figure and a column a run: it has more figures than a screen has room for side by side.</summary>
    public static void Print(Workload workload, IReadOnlyList<RunResult> runs)
    {
        var copied = runs.Where(run => run.Copy is not null).ToList();
        var plain = runs.Where(run => run.Copy is null).ToList();
        var table = new Table { Border = TableBorder.Simple, Title = new TableTitle($"{workload.Name}: copied in {copied.Count} runs, not in {plain.Count}") };
        table.AddColumn("");
        table.AddColumns([.. copied.Select((_, index) => new TableColumn($"{index + 1}").RightAligned())]);
        table.AddColumn(new TableColumn("median").RightAligned());
        table.AddColumn(new TableColumn("uncopied, median (least-most)").RightAligned());
        foreach (var column in Columns)
            table.AddRow([column.Name, .. copied.Select(run => Show(column, column.Read(run))), Show(column, Median(column, copied)), Spread(column, plain)]);
        table.AddRow(["lost by cause", .. copied.Select(run => run.Copy!.Summaries.LostByCause), "", ""]);
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  the ratio's goal: {workload.RatioGoal:0.00}; here {copied.Select(SumRatio).Median():0.00}"));
        if (plain.Count > 0)
            AnsiConsole.WriteLine(CompareTails(copied, plain));
        AnsiConsole.WriteLine();
    }

    /// <summary>Whether copying shows in what the clients wait: against the spread that there is without.</summary>
    private static string CompareTails(IReadOnlyList<RunResult> copied, IReadOnlyList<RunResult> plain)
    {
        var off = plain.Select(run => (double?)run.TailMilliseconds).ToList();
        var on = copied.Select(run => (double?)run.TailMilliseconds).ToList();
        var (difference, spread) = (Math.Abs(on.Median()!.Value - off.Median()!.Value), off.Max()!.Value - off.Min()!.Value);
        var verdict = difference < spread ? "less than" : "not less than";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"  online p99: {off.Median():0.00} ms uncopied ({off.Min():0.00}-{off.Max():0.00}), "
            + $"{on.Median():0.00} ms copied ({on.Min():0.00}-{on.Max():0.00}): "
            + $"the difference of {difference:0.00} ms is {verdict} the spread of {spread:0.00} ms without");
    }

    public static double? Median(this IEnumerable<double?> values)
    {
        var sorted = values.OfType<double>().Order().ToList();
        return sorted.Count == 0 ? null : (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    private static double? Median(Column column, IReadOnlyList<RunResult> runs) => runs.Select(column.Read).Median();

    private static string Spread(Column column, IReadOnlyList<RunResult> runs)
    {
        var values = runs.Select(column.Read).OfType<double>().ToList();
        return values.Count == 0 ? "" : $"{Show(column, values.Cast<double?>().Median())} ({Show(column, values.Min())}-{Show(column, values.Max())})";
    }

    private static string Show(Column column, double? value) => value?.ToString(column.Format, CultureInfo.InvariantCulture) ?? "";

    private static double? PerRequest(TimeSpan? time, long? requests) => time?.TotalMicroseconds / requests;

    private static double? Ratio(RunResult run, TimeSpan? time) => PerRequest(time, run.Copy?.Target) / PerRequest(run.OnlineServer, run.Online);

    private sealed record Column(string Name, string Format, Func<RunResult, double?> Read);
}
