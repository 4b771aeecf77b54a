using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using Xunit;

namespace TcpCopy.Packets.Tests.Capture;

public sealed class DeviceFinderTests
{
    [Fact]
    public void Capture_devices_include_loopback_and_any()
    {
        Assert.Contains("lo", DeviceFinder.CaptureDevices());
        Assert.Contains("any", DeviceFinder.CaptureDevices());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.45.6.7")]
    [InlineData("::1")]
    public void Loopback_holds_all_loopback_addresses(string address) =>
        Assert.Equal("lo", DeviceFinder.DeviceHolding(HostAddress.Parse(address)));

    [Fact]
    public void Nobody_holds_an_address_of_elsewhere() => Assert.Null(DeviceFinder.DeviceHolding(HostAddress.Parse("192.0.2.1")));

    [Fact]
    public void Loopback_addresses_come_last()
    {
        var addresses = DeviceFinder.HostAddresses();

        Assert.Contains(HostAddress.Parse("127.0.0.1"), addresses);
        Assert.Equal(addresses.OrderBy(address => address.IsLoopback), addresses);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public void The_route_to_this_host_is_loopback(string address)
    {
        Assert.True(DeviceFinder.TryFindRoute(HostAddress.Parse(address), out var route, out _));
        Assert.Equal(new Route(HostAddress.Parse(address), "lo", 65_535), route);
    }

    [Fact]
    public void A_device_of_its_own_is_found_by_address_and_by_route()
    {
        using var network = new NamedNetwork();
        var held = HostAddress.Parse(NamedNetwork.OnlineV4);

        Assert.Equal(NamedNetwork.Device, DeviceFinder.DeviceHolding(held));
        Assert.Equal(NamedNetwork.Device, DeviceFinder.DeviceHolding(HostAddress.Parse(NamedNetwork.OnlineV6)));
        Assert.True(DeviceFinder.TryFindRoute(HostAddress.Parse("10.231.77.2"), out var neighbour, out _));
        Assert.Equal(new Route(held, NamedNetwork.Device, 1_500), neighbour);
        Assert.True(DeviceFinder.TryFindRoute(held, out var self, out _));
        Assert.Equal(new Route(held, "lo", 65_535), self);
    }

    [Fact]
    public void No_route_is_explained()
    {
        // The broadcast address is refused to a socket that did not ask for it, on every host.
        Assert.False(DeviceFinder.TryFindRoute(HostAddress.Parse("255.255.255.255"), out var route, out var problem));
        Assert.Null(route);
        Assert.Contains("255.255.255.255", problem, StringComparison.Ordinal);
    }
}
