using TcpCopy.Copier.Sessions;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Copier.Tests;

public sealed class ShortageTests
{
    private readonly Shortage _shortage = new();
    private Instant _now = new(0);

    [Fact]
    public void At_its_edge_it_is_told_of_once()
    {
        var told = 0;
        for (var session = 0; session < 1_000; session++)
        {
            told += _shortage.Meet(_now) ? 1 : 0;
            _now += TimeSpan.FromSeconds(1);
            Assert.Null(_shortage.Pass(_now));
        }
        Assert.Equal(1, told);
    }

    [Fact]
    public void It_is_over_when_none_has_met_it_for_ten_seconds()
    {
        _shortage.Meet(_now);
        _shortage.Meet(_now);
        _now += TimeSpan.FromSeconds(10);

        Assert.Equal(2, _shortage.Pass(_now));
        Assert.Null(_shortage.Pass(_now));
        Assert.True(_shortage.Meet(_now), "another one");
    }

    [Fact]
    public void Where_there_was_none_none_is_over() => Assert.Null(_shortage.Pass(_now));
}
