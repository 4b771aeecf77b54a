using System.Text.Json;
using Akka.Event;
using TcpCopy.Cli.Logging;
using Xunit;

namespace TcpCopy.Cli.Tests;

public sealed class LogFormatTests
{
    [Fact]
    public void An_error_is_one_JSON_line_with_its_cause()
    {
        var broken = new Error(new InvalidOperationException("broken\nin two"), "here", typeof(LogFormatTests), "no good");
        var text = JsonLine.Of(broken, "error", "here", "no good");

        Assert.DoesNotContain('\n', text);
        using var line = JsonDocument.Parse(text);
        Assert.Contains("broken", line.RootElement.GetProperty("cause").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_flood_of_one_kind_of_our_own_lines_is_cut_short_and_counted()
    {
        var sieve = new LogSieve("INFO");
        var start = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var passed = Enumerable.Range(0, 100).Count(number => sieve.Passes(Line($"session {number} failed"), start));
        Assert.Equal(20, passed);
        Assert.True(sieve.Passes(Line("something else"), start));
        Assert.Equal(0, sieve.LeftOut);

        Assert.True(sieve.Passes(Line("session 7 failed"), start.AddSeconds(10)));
        Assert.Equal(80, sieve.LeftOut);
    }

    private static Warning Line(string text) => new("me", typeof(LogFormatTests), text);
}
