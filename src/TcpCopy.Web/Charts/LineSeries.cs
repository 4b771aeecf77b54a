using TcpCopy.Web.Feed;

namespace TcpCopy.Web.Charts;

/// <summary>One line of a chart.</summary>
/// <param name="Name">As the legend has it.</param>
/// <param name="Kind">Class of the style sheet, for its colour.</param>
/// <param name="Value">What is drawn; null: nothing was measured, and the line has a hole.</param>
public sealed record LineSeries(string Name, string Kind, Func<Sample, double?> Value);
