using TcpCopy.Core.Routes;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Routes;

public sealed class HasteGaugeTests
{
    private readonly HasteGauge _gauge = new();

    [Fact]
    public void One_pressing_flow_among_others_counts_for_a_while()
    {
        var quick = Quick(count: 1)[0];
        _gauge.Note(new ExchangePace(), At(101));
        Assert.Equal(ExchangeHaste.Quick, _gauge.At(At(101)));
        Assert.Equal(ExchangeHaste.None, _gauge.At(At(102)));
        quick.Trail(At(101));
        _gauge.Note(quick, At(102));
        Assert.Equal(ExchangeHaste.Hurried, _gauge.At(At(103)));
    }

    [Fact]
    public void Each_flow_counts_once()
    {
        var flows = Quick(count: 5);
        for (var at = 101; at < 120; at++)
            flows.ForEach(flow => _gauge.Note(flow, At(at)));
        Assert.Equal(5, _gauge.Flows);
        // Some go, and then nothing comes for a while.
        for (var at = 120; at < 125; at++)
            _gauge.Note(flows[0], At(at));
        Assert.Equal(1, _gauge.Flows);
        _gauge.Note(new ExchangePace(), At(300));
        _gauge.Note(flows[1], At(301));
        Assert.Equal(2, _gauge.Flows);
    }

    /// <summary>Flows whose replies came every millisecond up to 100.</summary>
    private List<ExchangePace> Quick(int count)
    {
        var flows = Enumerable.Range(0, count).Select(_ => new ExchangePace()).ToList();
        for (var at = 100 - ExchangePace.QuickStreak; at <= 100; at++)
            flows.ForEach(flow => _gauge.Note(flow, At(at)));
        return flows;
    }

    private static Instant At(int milliseconds) => Instant.FromMicroseconds(1000L * milliseconds);
}
