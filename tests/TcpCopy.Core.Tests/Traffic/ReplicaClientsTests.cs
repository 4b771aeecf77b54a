using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Traffic;

public sealed class ReplicaClientsTests
{
    private static readonly Endpoint Target = new(HostAddress.Parse("10.9.9.9"), 80);

    [Fact]
    public void Clients_are_spread_over_all_addresses_of_the_targets_family_and_each_keeps_its_own()
    {
        var pool = new ClientAddressPool([Range("10.1.1.1"), Range("fd00::/64"), Range("198.18.0.0/29")], isV4: true);
        var clients = Enumerable.Range(1, 700).Select(number => HostAddress.FromV4((uint)(0x0A00_0000 + number))).ToList();

        var chosen = clients.GroupBy(pool.AddressFor).ToDictionary(group => group.Key.ToString(), group => group.Count());

        string[] hosts = ["10.1.1.1", .. Enumerable.Range(1, 6).Select(host => $"198.18.0.{host}")];
        Assert.Equal(hosts, chosen.Keys.Order(StringComparer.Ordinal));
        // Five standard deviations of a fair draw around a hundred.
        Assert.All(chosen.Values, count => Assert.InRange(count, 54, 146));
        Assert.All(clients, client => Assert.Equal(pool.AddressFor(client), pool.AddressFor(client)));
    }

    [Fact]
    public void Another_copier_of_another_version_chooses_the_same_address()
    {
        var pool = new ClientAddressPool([Range("198.18.0.0/16")], isV4: true);

        // Written down: with a hash that changes the target sees other users after an update.
        Assert.Equal("198.18.207.200", pool.AddressFor(HostAddress.Parse("10.1.2.3")).ToString());
    }

    [Fact]
    public void A_pool_needs_an_address_of_the_family() =>
        Assert.Throws<ArgumentException>(() => new ClientAddressPool([Range("fd00::/64")], isV4: true));

    [Fact]
    public void Clients_that_share_an_address_and_have_the_same_port_get_different_ones()
    {
        var clients = Mapped("10.1.1.1", new PortRange(1024, 65_535));
        var replicas = Enumerable.Range(1, 50).Select(host =>
        {
            Assert.True(clients.TryRent(new Endpoint(HostAddress.Parse($"10.2.0.{host}"), 40_000), Target, out var replica));
            return replica;
        }).ToList();

        Assert.Equal(50, replicas.Distinct().Count());
        Assert.Equal(40_000, replicas[0].Client.Port);
        Assert.All(replicas, replica => Assert.Equal(("10.1.1.1", Target), (replica.Client.Address.ToString(), replica.Server)));
    }

    [Fact]
    public void When_no_port_is_left_there_is_no_replica_until_one_is_given_back()
    {
        var clients = Mapped("10.1.1.1", new PortRange(50_000, 50_001));
        Assert.True(clients.TryRent(Client(1), Target, out var first));
        Assert.True(clients.TryRent(Client(2), Target, out _));
        Assert.False(clients.TryRent(Client(3), Target, out _));
        Assert.True(clients.TryRent(Client(3), Target with { Port = 81 }, out _));

        clients.Release(first);
        Assert.True(clients.TryRent(Client(3), Target, out var next));
        Assert.Equal(first, next);
    }

    [Fact]
    public void A_client_with_one_port_towards_two_online_endpoints_of_one_target_has_two_replicas()
    {
        var clients = ReplicaClients.KeptApart(new PortAllocator(new PortRange(1024, 65_535)));

        Assert.True(clients.TryRent(Client(40_000), Target, out var first));
        Assert.True(clients.TryRent(Client(40_000), Target, out var second));

        Assert.Equal(new FlowKey(Client(40_000), Target), first);
        Assert.Equal((first.Client.Address, true), (second.Client.Address, second.Client.Port != 40_000));
    }

    [Fact]
    public void Without_a_pool_a_replica_comes_from_where_its_client_is()
    {
        Assert.True(ReplicaClients.AsCaptured.TryRent(Client(1), Target, out var replica));
        Assert.Equal(new FlowKey(Client(1), Target), replica);
        ReplicaClients.AsCaptured.Release(replica);
    }

    private static ReplicaClients Mapped(string address, PortRange ports) => ReplicaClients.Of(
        new Dictionary<HostAddress, ClientAddressPool> { [Target.Address] = new([Range(address)], isV4: true) }, new PortAllocator(ports));

    private static Endpoint Client(ushort port) => new(HostAddress.Parse("10.2.0.1"), port);

    private static AddressRange Range(string text)
    {
        Assert.Null(AddressRange.Parse(text, out var range));
        return range;
    }
}
