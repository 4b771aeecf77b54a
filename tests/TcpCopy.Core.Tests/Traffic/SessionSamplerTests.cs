using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Traffic;

public sealed class SessionSamplerTests
{
    private static readonly Endpoint[] Clients =
        [.. Enumerable.Range(0, 100).SelectMany(host => Enumerable.Range(32_768, 500).Select(port => Client(host, port)))];

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void So_many_are_picked_of_neighbouring_addresses_and_ports(double share)
    {
        var picked = Clients.Count(client => new SessionSampler(share).Takes(client));

        // Five standard deviations of a fair draw.
        Assert.InRange(picked, Expected(-5), Expected(5));

        double Expected(int deviations) => Clients.Length * share + deviations * Math.Sqrt(Clients.Length * share * (1 - share));
    }

    [Fact]
    public void All_are_picked_or_none()
    {
        Assert.All(Clients, client => Assert.True(SessionSampler.All.Takes(client)));
        Assert.All(Clients, client => Assert.False(new SessionSampler(0).Takes(client)));
    }

    [Fact]
    public void A_larger_share_picks_what_a_smaller_one_does()
    {
        var (small, large) = (new SessionSampler(0.2), new SessionSampler(0.3));

        Assert.All(Clients.Where(client => small.Takes(client)), client => Assert.True(large.Takes(client)));
    }

    [Fact]
    public void Another_copier_of_another_version_picks_the_same()
    {
        // Written down: a hash that changes splits the sessions that copiers see in common.
        var sampler = new SessionSampler(0.25);

        var picked = Enumerable.Range(40_000, 24).Where(port => sampler.Takes(new Endpoint(HostAddress.Parse("10.1.2.3"), (ushort)port)));
        var pickedV6 = Enumerable.Range(40_000, 24).Where(port => sampler.Takes(new Endpoint(HostAddress.Parse("2001:db8::7"), (ushort)port)));

        Assert.Equal("40003 40007 40011 40014 40021 40022", string.Join(' ', picked));
        Assert.Equal("40001 40004 40006 40007 40016", string.Join(' ', pickedV6));
    }

    private static Endpoint Client(int host, int port) => new(HostAddress.Parse($"10.0.{host / 50}.{host % 50 + 1}"), (ushort)port);
}
