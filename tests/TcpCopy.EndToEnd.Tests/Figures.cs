using System.Text.Json;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>A copier's own account of its run, as it wrote it with <c>--summary</c>.</summary>
internal sealed class Figures
{
    private readonly JsonElement _root;

    private Figures(JsonElement root) => _root = root;

    public static Figures Of(JsonElement root) => new(root);

    /// <summary>The sums reconcile, and all of exactly <paramref name="requests"/> captured requests were acknowledged by the target.</summary>
    public void AssertNothingLost(long requests)
    {
        AssertSumsReconcile();
        Assert.True(
            Number("requests", "captured") == requests && Number("requests", "acknowledged") == requests && Number("requests", "lost") == 0
                && Number("bytes", "lost") == 0 && Number("capture", "dropped") == 0,
            $"{requests} requests and nothing lost expected:\n{_root.GetRawText()}");
    }

    /// <summary>Every session seen has one outcome, what was captured was either acknowledged or lost, and no payload is held any more.</summary>
    public void AssertSumsReconcile()
    {
        var ended = _root.GetProperty("sessions").GetProperty("ended").EnumerateObject().Sum(outcome => outcome.Value.GetInt64());
        Assert.True(
            Number("sessions", "seen") == ended && Number("sessions", "live") == 0
                && Number("requests", "captured") == Number("requests", "acknowledged") + Number("requests", "lost")
                && Number("bytes", "captured") == Number("bytes", "acknowledged") + Number("bytes", "lost")
                && _root.GetProperty("leakedBytes").GetInt64() == 0,
            $"sums that reconcile expected:\n{_root.GetRawText()}");
    }

    /// <summary>How many sessions ended with an outcome, by its name in the JSON ("target-reset").</summary>
    public long Ended(string outcome) =>
        _root.GetProperty("sessions").GetProperty("ended").TryGetProperty(outcome, out var count) ? count.GetInt64() : 0;

    /// <summary>How many packets the kernel refused, by the errno's name.</summary>
    public long SendFailures(string errno) =>
        _root.GetProperty("send").GetProperty("failures").TryGetProperty(errno, out var count) ? count.GetInt64() : 0;

    /// <summary>One figure of the JSON: a section and a name in it.</summary>
    public long Number(string section, string name) => _root.GetProperty(section).GetProperty(name).GetInt64();
}
