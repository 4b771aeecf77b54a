using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Rules;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Packets.Tests.Rules;

/// <summary>The rules of the placements that leave the target alone: on the online host, and on an assistant, which needs none.</summary>
public sealed class OwnIpSinkTests : IDisposable
{
    private static readonly OwnIpSettings s_settings = new()
    {
        Targets = [new(HostAddress.Parse("127.0.0.9"), 8080), new(HostAddress.Parse("::1"), 8081)],
        Ports = new PortRange(61_001, 61_100),
    };

    private readonly NetworkNamespace _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Removing_leaves_the_host_as_it_was_and_a_start_takes_over_what_a_killed_one_left()
    {
        Assert.Empty(Ruleset());
        _host.Run(() => OwnIpSink.Install(s_settings with { Ports = new PortRange(62_000, 62_001) }).Abandon());
        Assert.Contains("62000", Ruleset(), StringComparison.Ordinal);
        _host.Run(() =>
        {
            using var sink = OwnIpSink.Install(s_settings);
            sink.Verify();
            Assert.DoesNotContain("62000", Ruleset(), StringComparison.Ordinal);
            Assert.Contains("ip saddr . tcp sport @targets tcp dport 61001-61100 drop", Ruleset(), StringComparison.Ordinal);
            Assert.Equal("lo", sink.Device);
            sink.SetPorts([8080]);
            Assert.Contains("port 9 is none", Assert.Throws<RulesException>(() => sink.SetPorts([9])).Message, StringComparison.Ordinal);
            _host.Execute("nft", "flush", "chain", "inet", "tcpcopy_own_ip", "drop_replies");
            Assert.Contains("was changed", Assert.Throws<RulesException>(sink.Verify).Message, StringComparison.Ordinal);
        });
        Assert.Empty(Ruleset());

        _host.Run(() => OwnIpSink.Install(s_settings).Abandon());
        _host.Run(OwnIpSink.RemoveLeftovers);
        Assert.Empty(Ruleset());
    }

    [Fact]
    public void A_second_copier_with_these_rules_is_refused_and_an_interceptor_is_not()
    {
        _host.Run(() =>
        {
            using var first = OwnIpSink.Install(s_settings);
            using (ReplySink.Install(new SinkSettings()))
                first.Verify();

            var refusal = Assert.Throws<RulesException>(() => OwnIpSink.Install(s_settings));
            Assert.Contains($"another copier with --own-ip (process {Environment.ProcessId})", refusal.Message, StringComparison.Ordinal);
            first.Verify();
        });
    }

    [Fact]
    public void Ports_that_the_kernel_gives_to_others_are_refused_unless_they_are_reserved()
    {
        var taken = s_settings with { Ports = new PortRange(40_000, 40_099) };
        _host.Run(() =>
        {
            var refusal = Assert.Throws<RulesException>(() => OwnIpSink.Install(taken));
            Assert.Contains("sysctl -w net.ipv4.ip_local_reserved_ports=40000-40099", refusal.Message, StringComparison.Ordinal);
            _host.Execute("sysctl", "-qw", "net.ipv4.ip_local_reserved_ports=8080,39000-40099");
            OwnIpSink.Install(taken).Dispose();
        });
    }

    [Fact]
    public void Targets_of_several_devices_are_refused()
    {
        _host.Ip("link", "add", "other0", "type", "ifb");
        _host.Ip("address", "add", "10.1.1.1/24", "dev", "other0");
        _host.Ip("link", "set", "other0", "up");
        _host.Run(() =>
        {
            var refusal = Assert.Throws<RulesException>(
                () => OwnIpSink.Install(s_settings with { Targets = [.. s_settings.Targets, new(HostAddress.Parse("10.1.1.2"), 80)] }));
            Assert.Contains("several devices (lo, other0)", refusal.Message, StringComparison.Ordinal);
        });
        Assert.Empty(Ruleset());
    }

    [Theory]
    [InlineData("net/ipv4/ip_forward")]
    [InlineData("net/ipv4/conf/lo/forwarding")]
    [InlineData("net/ipv6/conf/all/forwarding")]
    public void An_assistant_forwards_nothing(string setting)
    {
        _host.Run(() =>
        {
            Assert.Equal(new ushort[] { 80 }, AssistantSink.Open("lo", [80]).Ports);
            _host.Execute("sysctl", "-qw", $"{setting}=1");
            var refusal = Assert.Throws<RulesException>(() => AssistantSink.Open("lo", []));
            Assert.Contains("would go on to the real clients", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("sysctl -w net/ipv", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("no device 'eth7'", Assert.Throws<RulesException>(() => AssistantSink.Open("eth7", [])).Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Taps_take_the_replies_and_nothing_else()
    {
        Assert.Null(AddressRange.Parse("198.18.0.0/16", out var range));

        Assert.Equal(
            "tcp and dst portrange 61001-61100 and ((src host 127.0.0.9 and src port 8080) or (src host ::1 and src port 8081))",
            TapFilter.OfOwnIp(s_settings.Targets, s_settings.Ports));
        Assert.Equal(
            "tcp and (dst net 198.18.0.0/16) and (src port 80 or src port 81) and not (dst host 10.0.0.4 or dst host fd00::4)",
            TapFilter.OfAssistant([range], [80, 81], [HostAddress.Parse("10.0.0.4"), HostAddress.Parse("fd00::4")]));
        Assert.Equal("tcp", TapFilter.OfAssistant([], [], []));
    }

    private string Ruleset() => _host.Execute("nft", "--stateless", "--numeric", "list", "ruleset");
}
