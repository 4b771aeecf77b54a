using System.Globalization;
using TcpCopy.Testing.Lab;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>One answer of a node's <c>/metrics</c>.</summary>
internal sealed class Scrape
{
    private readonly List<(string Name, string Labels, double Value)> _samples = [];
    private readonly string _text;

    private Scrape(string text)
    {
        _text = text;
        foreach (var line in text.Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            var end = line.IndexOfAny(['{', ' ']);
            var labels = line[end] == '{' ? line[(end + 1)..line.IndexOf('}', StringComparison.Ordinal)] : "";
            var value = line[(line.IndexOf('}', StringComparison.Ordinal) + 1)..][(labels.Length == 0 && line[end] == ' ' ? end : 0)..].Trim().Split(' ')[0];
            _samples.Add((line[..end], labels, double.Parse(value, CultureInfo.InvariantCulture)));
        }
    }

    public static async Task<Scrape> OfAsync(LabHost host) =>
        new((await host.RunAsync("curl", "-sf", "--max-time", "10", "http://127.0.0.1:9636/metrics")).Checked().Output);

    /// <summary>The sum of a metric's series, of those with a label if one is given ("outcome=\"shed\"").</summary>
    public double this[string name, string label = ""] =>
        _samples.Where(sample => sample.Name == name && sample.Labels.Contains(label, StringComparison.Ordinal)).Sum(sample => sample.Value);

    /// <summary>Seen = ended + live, and what was captured is delivered, lost or in flight.</summary>
    public void AssertReconciles()
    {
        Assert.True(
            this["tcpcopy_sessions_seen_total"] == this["tcpcopy_sessions_ended_total"] + this["tcpcopy_sessions_live"]
                && this["tcpcopy_requests_seen_total"]
                    == this["tcpcopy_requests_delivered_total"] + this["tcpcopy_requests_lost_total"] + this["tcpcopy_requests_in_flight"]
                && this["tcpcopy_bytes_seen_total"]
                    == this["tcpcopy_bytes_delivered_total"] + this["tcpcopy_bytes_lost_total"] + this["tcpcopy_bytes_in_flight"],
            $"figures that reconcile expected:\n{_text}");
    }

    /// <summary>No counter is smaller than it was.</summary>
    public void AssertNotBefore(Scrape earlier)
    {
        var now = _samples.ToDictionary(sample => (sample.Name, sample.Labels), sample => sample.Value);
        Assert.All(
            earlier._samples.Where(sample => sample.Name.EndsWith("_total", StringComparison.Ordinal)),
            sample => Assert.True(now.GetValueOrDefault((sample.Name, sample.Labels)) >= sample.Value, $"{sample} ran back"));
    }
}
