using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Views;

/// <summary>One picture of <c>tcpcopy top</c>.</summary>
internal static class TopFrame
{
    public const int SessionsShown = 10;

    private const double Mega = 1_000_000;

    public static IRenderable Of(IReadOnlyList<WatchedNode> nodes, DateTime now)
    {
        List<IRenderable> parts = [new Text(string.Create(CultureInfo.InvariantCulture, $"tcpcopy top  {now:HH:mm:ss}"))];
        if (nodes.Any(node => node.Status?.Copier is not null))
            parts.AddRange([Copiers(nodes), Times(nodes)]);
        if (nodes.Any(node => node.Status?.Interceptor is not null))
            parts.Add(Interceptors(nodes));
        parts.AddRange(nodes.Select(Losses).OfType<IRenderable>());
        if (nodes.Any(node => node.Sessions.Count > 0))
            parts.Add(Sessions(nodes));
        parts.AddRange(nodes.Where(node => node.Fault is not null).Select(node => new Text(node.Fault!, new Style(Color.Red))));
        return new Rows(parts.SelectMany((part, index) => index == 0 ? [part] : new[] { new Text(""), part }));
    }

    private static Table Copiers(IReadOnlyList<WatchedNode> nodes)
    {
        var table = New("copier", "state", "sessions", "requests/s", "Mbit/s", "in flight", "lost", "CPU", "MB");
        foreach (var node in nodes)
        {
            if (node.Status is not { Copier: { } copier } status)
                continue;
            Add(
                table, node.Name, status.Obstacle ?? "ready", Number(copier.Sessions.Live),
                Number(node.Rate(figures => figures.Copier?.Requests.Seen ?? 0)), Number(node.Rate(figures => figures.Copier?.Bytes.Seen ?? 0) * 8 / Mega),
                Number(copier.Requests.InFlight), Number(copier.Requests.Lost), Cpu(node), Number(status.MemoryBytes / Mega));
        }
        return table;
    }

    private static Table Times(IReadOnlyList<WatchedNode> nodes)
    {
        var table = New("times, p50 / p99", "RTT of clients", "RTT of the target", "first reply of the target");
        foreach (var node in nodes.Where(node => node.Status?.Copier is not null))
        {
            Add(
                table, node.Name, Show(node.Times(figures => figures.RoundTrip["online"])), Show(node.Times(figures => figures.RoundTrip["target"])),
                Show(node.Times(figures => figures.FirstReply["target"])));
        }
        return table;
    }

    private static Table Interceptors(IReadOnlyList<WatchedNode> nodes)
    {
        var table = New("interceptor", "state", "copiers", "flows", "replies/s", "batches/s", "unclaimed", "dropped", "CPU", "MB");
        foreach (var node in nodes)
        {
            if (node.Status is not { Interceptor: { } interceptor } status)
                continue;
            Add(
                table, node.Name, status.Obstacle ?? "ready", Number(interceptor.Copiers.Count(copier => copier.IsServed)), Number(interceptor.Flows),
                Number(node.Rate(figures => figures.Interceptor?.Replies.Taken ?? 0)), Number(node.Rate(figures => figures.Interceptor?.Replies.Batches ?? 0)),
                Number(interceptor.Replies.Expired), Number(interceptor.Tap.Dropped), Cpu(node), Number(status.MemoryBytes / Mega));
        }
        return table;
    }

    private static Table Sessions(IReadOnlyList<WatchedNode> nodes)
    {
        var table = New("busiest sessions", "id", "state", "age", "requests", "KB", "repeated", "held for");
        var busiest = nodes.SelectMany(node => node.Sessions).OrderByDescending(session => session.Counts.Bytes).Take(SessionsShown);
        foreach (var session in busiest)
        {
            Add(
                table, session.Client, session.Id, session.State, TimeText.Of(session.Age), Number(session.Counts.Requests),
                Number(session.Counts.Bytes / 1000.0), Number(session.Counts.Retransmissions), session.BufferedBytes == 0 ? "-" : TimeText.Of(session.HeldFor));
        }
        return table;
    }

    /// <summary>What a copier has lost, and why; null: nothing.</summary>
    private static Text? Losses(WatchedNode node) => node.Status?.Copier is { Requests.LostByCause: { Count: > 0 } causes }
        ? new Text($"{node.Name} lost: " + string.Join(", ", causes.Select(cause => $"{Number(cause.Value)} {cause.Key}")), new Style(Color.Yellow))
        : null;

    private static Table New(params string[] columns)
    {
        // As narrow as it goes: terminals of 80 columns show all of it.
        var table = new Table { Border = TableBorder.None };
        foreach (var (index, column) in columns.Index())
        {
            table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold)))
            {
                NoWrap = true,
                Alignment = index == 0 ? Justify.Left : Justify.Right,
                Padding = new Padding(0, 0, 1, 0),
            });
        }
        return table;
    }

    private static void Add(Table table, params string[] cells) => table.AddRow([.. cells.Select(cell => new Text(cell))]);

    private static string Cpu(WatchedNode node) =>
        string.Create(CultureInfo.InvariantCulture, $"{100 * node.Rate(figures => figures.Process.CpuSeconds):0.0} %");

    private static string Show(LatencyFigures times) =>
        $"{TimeText.Of(times.Percentile(0.5)?.TotalSeconds)} / {TimeText.Of(times.Percentile(0.99)?.TotalSeconds)}";

    private static string Number(double number) => number.ToString(number is > -10 and < 10 && number % 1 != 0 ? "0.0" : "#,0", CultureInfo.InvariantCulture);
}
