using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Interceptor.Tests;

public sealed class AdmissionTests
{
    private static readonly HostAddress[] s_own = [HostAddress.Parse("10.77.0.3"), HostAddress.Parse("fd77::3"), HostAddress.Parse("127.0.0.1")];

    [Fact]
    public void Ports_of_targets_on_this_host_are_served()
    {
        Assert.Null(Ask([], To("10.77.0.3", 8080), To("10.77.0.3", 80), To("fd77::3", 80)));
        Assert.Equal(new ushort[] { 80, 8080 }, Ports(To("10.77.0.3", 8080), To("10.77.0.3", 80), To("fd77::3", 80)));
    }

    [Fact]
    public void Targets_of_other_hosts_are_other_interceptors_business()
    {
        Assert.Equal(new ushort[] { 80 }, Ports(To("10.77.0.3", 80), To("10.77.0.4", 9999)));
        Assert.Null(Ask([80], To("10.77.0.3", 80), To("10.77.0.4", 9999)));
    }

    [Fact]
    public void Behind_address_translation_any_target_may_be_meant() =>
        Assert.Equal(new ushort[] { 80, 81 }, Ports(To("203.0.113.1", 80), To("203.0.113.2", 81)));

    [Fact]
    public void A_port_outside_the_restriction_is_refused_with_the_flag_that_admits_it()
    {
        var reason = Ask([443, 80], To("10.77.0.3", 80), To("10.77.0.3", 8080));
        Assert.Equal("port 8080 is not among those it is restricted to (80, 443): start it with -p 80,443,8080, or without -p", reason);
    }

    [Fact]
    public void A_target_that_is_not_allowed_is_refused_with_the_setting_that_allows_it()
    {
        var admission = new Admission([], [Allowed("10.77.0.3:80"), Allowed("fd77::/16")]);
        Assert.Null(Refuse(To("10.77.0.3", 80), To("fd77::3", 22), To("10.77.0.4", 22)));
        Assert.Equal(
            "target 10.77.0.3:22 is not among those that may be copied to (10.77.0.3:80, fd77::/16): see tcpcopy.intercept.allowed-targets there",
            Refuse(To("10.77.0.3", 80), To("10.77.0.3", 22)));
        // None of them is this host's by name, so any may be.
        Assert.Contains("203.0.113.1:80", Refuse(To("203.0.113.1", 80)), StringComparison.Ordinal);

        string? Refuse(params Endpoint[] targets) =>
            admission.Refuse(new Hello(ProtocolVersion.Current, [], targets), s_own, servesV6: true, out _);
    }

    [Fact]
    public void Another_protocol_version_is_refused_by_name()
    {
        var hello = new Hello(ProtocolVersion.Current + 1, [], [To("10.77.0.3", 80)]);
        Assert.Equal(
            $"it speaks protocol version {ProtocolVersion.Current} and the copier {ProtocolVersion.Current + 1}: install the same tcpcopy on both",
            new Admission([], []).Refuse(hello, s_own, servesV6: true, out _));
    }

    [Fact]
    public void A_target_over_IPv6_needs_IPv6()
    {
        var hello = new Hello(ProtocolVersion.Current, [], [To("fd77::3", 80)]);
        Assert.Contains("[fd77::3]:80", new Admission([], []).Refuse(hello, s_own, servesV6: false, out _), StringComparison.Ordinal);
        Assert.Null(new Admission([], []).Refuse(hello, s_own, servesV6: true, out _));
    }

    private static string? Ask(ushort[] restriction, params Endpoint[] targets) =>
        new Admission(restriction, []).Refuse(new Hello(ProtocolVersion.Current, [], targets), s_own, servesV6: true, out _);

    private static IReadOnlyList<ushort> Ports(params Endpoint[] targets)
    {
        new Admission([], []).Refuse(new Hello(ProtocolVersion.Current, [], targets), s_own, servesV6: true, out var ports);
        return ports;
    }

    private static AllowedTarget Allowed(string text)
    {
        Assert.Null(AllowedTarget.Read(text, out var allowed));
        return allowed;
    }

    private static Endpoint To(string address, ushort port) => new(HostAddress.Parse(address), port);
}
