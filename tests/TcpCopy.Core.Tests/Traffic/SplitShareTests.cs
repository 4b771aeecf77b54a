using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Traffic;

/// <summary>Copiers a, b, c ... that see the same connections: each of these has exactly one of them, also while some come and go.</summary>
public sealed class SplitShareTests
{
    private const int Connections = 20_000;

    private static readonly string[] Names = ["akka.tcp://tcpcopy@10.0.0.1:1", "akka.tcp://tcpcopy@10.0.0.2:1", "akka.tcp://tcpcopy@10.0.0.3:1"];

    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Every_new_connection_has_one_copier_and_all_get_as_many(int copiers)
    {
        var names = Names[..copiers];
        var shares = names.Select(name => SplitShare.Begin(name, [.. names.Except([name])])).ToList();
        var counts = new int[copiers];
        foreach (var client in Clients())
            counts[shares.FindIndex(share => share.Takes(client, isNew: true))]++;
        Assert.Equal(Connections, counts.Sum());
        // Five standard deviations of a fair draw.
        Assert.All(counts, count => Assert.InRange(count, Connections / copiers - 360, Connections / copiers + 360));
    }

    [Fact]
    public void The_order_in_which_copiers_are_named_does_not_matter()
    {
        var (one, other) = (SplitShare.Begin(Names[0], [Names[1], Names[2]]), SplitShare.Begin(Names[0], [Names[2], Names[1]]));
        Assert.All(Clients(), client => Assert.Equal(one.Takes(client, isNew: true), other.Takes(client, isNew: true)));
    }

    [Fact]
    public void What_is_sampled_is_divided_as_evenly()
    {
        var sampler = new SessionSampler(0.2);
        var share = SplitShare.Begin(Names[0], [Names[1]]);
        var sampled = Clients().Where(client => sampler.Takes(client)).ToList();
        Assert.InRange(sampled.Count(client => share.Takes(client, isNew: true)), sampled.Count / 2 - 160, sampled.Count / 2 + 160);
    }

    [Fact]
    public void When_one_goes_only_its_connections_move()
    {
        var before = SplitShare.Begin(Names[0], [Names[1], Names[2]]);
        var after = before.With([Names[0], Names[1]]);
        Assert.All(Clients(), client => Assert.True(after.Takes(client, isNew: true) || !before.Takes(client, isNew: true)));
        Assert.InRange(Clients().Count(client => after.Takes(client, isNew: true)), Connections / 2 - 360, Connections / 2 + 360);
    }

    [Fact]
    public void A_newcomer_gets_new_connections_and_joins_none_that_goes_on()
    {
        var elder = SplitShare.Begin(Names[0], []).With(Names[..2]);
        var newcomer = SplitShare.Begin(Names[1], [Names[0]]);
        Assert.Contains(Clients(), client => newcomer.Takes(client, isNew: true));
        Assert.DoesNotContain(Clients(), client => newcomer.Takes(client, isNew: false));
        // Whose beginning it left to the newcomer it does not join either.
        Assert.All(Clients(), client => Assert.Equal(elder.Takes(client, isNew: true), elder.Takes(client, isNew: false)));
    }

    [Fact]
    public void Connections_that_go_on_pass_from_a_dead_copier_to_those_that_live_each_to_one()
    {
        var first = SplitShare.Begin(Names[0], []).With(Names[..2]).With(Names);
        var second = SplitShare.Begin(Names[1], [Names[0]]).With(Names).With([Names[1], Names[2]]);
        var third = SplitShare.Begin(Names[2], [Names[0], Names[1]]).With([Names[1], Names[2]]);
        foreach (var client in Clients())
        {
            var takers = new[] { second, third }.Count(share => share.Takes(client, isNew: false));
            Assert.InRange(takers, first.Takes(client, isNew: true) ? 1 : 0, 1);
        }
        Assert.All([second, third], share => Assert.Contains(Clients(), client => share.Takes(client, isNew: false)));
    }

    private static IEnumerable<Endpoint> Clients() => Enumerable.Range(0, Connections)
        .Select(number => new Endpoint(HostAddress.FromV4(0x0A00_0000u + (uint)number / 50), (ushort)(30_000 + number % 50)));
}
