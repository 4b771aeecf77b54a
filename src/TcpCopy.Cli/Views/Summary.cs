using System.Globalization;
using System.Text.Json.Serialization;
using Spectre.Console;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Views;

/// <summary>One line of a summary table.</summary>
/// <param name="Group">Heading; repeated ones are shown once.</param>
/// <param name="Name">What was counted.</param>
/// <param name="Value">How much.</param>
internal readonly record struct SummaryRow(string Group, string Name, string Value)
{
    public static SummaryRow Of(string group, string name, long value) =>
        new(group, name, value.ToString(CultureInfo.InvariantCulture));
}

/// <summary>The final figures of a node: a table for people, JSON for programs, both of the same numbers.</summary>
internal abstract record Summary
{
    private const int MegaByte = 1_000_000;

    public ProcessPart Process { get; init; } = ProcessPart.Read();

    [JsonIgnore]
    protected abstract string Title { get; }

    protected abstract IEnumerable<SummaryRow> Rows();

    public abstract string ToJson();

    protected SummaryRow[] ProcessRows() =>
    [
        new("process", "CPU time, s", Process.CpuSeconds.ToString("0.00", CultureInfo.InvariantCulture)),
        SummaryRow.Of("process", "most memory resident, MB", Process.PeakMemoryBytes / MegaByte),
    ];

    /// <summary>Prints the table; as aligned plain text where nobody draws boxes.</summary>
    public void Print(TextWriter output, bool isPlain)
    {
        if (isPlain)
            SummaryTable.PrintPlain(output, Title, [.. Rows()]);
        else
            SummaryTable.Print(AnsiConsole.Console, Title, [.. Rows()]);
    }
}

/// <summary>Names of the JSON, made at build time: "droppedByInterface", dictionary keys as they are.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CopierSummary))]
[JsonSerializable(typeof(InterceptorSummary))]
[JsonSerializable(typeof(Report))]
internal sealed partial class SummaryJson : JsonSerializerContext;
