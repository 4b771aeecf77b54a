using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Wire;

public sealed class InstantTests
{
    [Fact]
    public void Differences_are_spans_and_spans_move()
    {
        var start = Instant.FromMicroseconds(5);
        var later = start + TimeSpan.FromMilliseconds(1);

        Assert.Equal(TimeSpan.FromMilliseconds(1), later - start);
        Assert.Equal(start, later - TimeSpan.FromMilliseconds(1));
        Assert.Equal(50, start.Ticks);
        Assert.True(start < later && start <= later && later > start && later >= start && later < Instant.Never);
        Assert.Equal(start, Instant.Min(later, start));
        Assert.Equal(-1, Math.Sign(start.CompareTo(later)));
    }
}
