using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Rules;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Packets.Tests.Rules;

public sealed class ReplySinkTests : IDisposable
{
    private static readonly SinkSettings s_plain = new() { Ports = [8080, 80] };

    private static readonly AddressRange[] s_clients = [Range("198.18.0.0/24"), Range("198.19.0.7"), Range("fd99::/64")];

    private readonly NetworkNamespace _host = new();

    public static TheoryData<SinkSettings> EverySelection =>
    [
        s_plain,
        s_plain with { LocalClients = true },
        s_plain with { Selection = ReplicaSelection.Port },
        s_plain with { Selection = ReplicaSelection.Clients, Clients = s_clients },
        s_plain with { IsQueue = true },
    ];

    public void Dispose() => _host.Dispose();

    [Theory, MemberData(nameof(EverySelection))]
    public void Removing_leaves_the_host_as_it_was(SinkSettings settings)
    {
        var before = Dump();
        var during = _host.Run(() =>
        {
            using var sink = ReplySink.Install(settings);
            sink.Verify();
            return Dump();
        });

        Assert.NotEqual(before, during);
        Assert.Equal(before, Dump());
    }

    [Fact]
    public void Marked_packets_are_routed_into_the_sink_and_others_are_not()
    {
        _host.Ip("address", "add", "10.1.1.1/24", "dev", "lo");
        _host.Run(() =>
        {
            using var sink = ReplySink.Install(s_plain);
            Assert.Contains("dev tcpcopy0", _host.Ip("route", "get", "192.0.2.1", "mark", "0x7c90"), StringComparison.Ordinal);
            Assert.Contains("dev tcpcopy0", _host.Ip("-6", "route", "get", "2001:db8::1", "mark", "0x7c90"), StringComparison.Ordinal);
            Assert.Contains("dev lo", _host.Ip("route", "get", "127.0.0.1", "mark", "0x7c90"), StringComparison.Ordinal);
            Assert.Contains("dev lo", _host.Ip("route", "get", "10.1.1.77"), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_queue_leaves_the_rules_of_others_where_they_are()
    {
        _host.Execute("iptables", "-t", "mangle", "-A", "POSTROUTING", "-p", "udp", "-j", "ACCEPT");
        _host.Execute("ip6tables", "-t", "mangle", "-A", "OUTPUT", "-p", "udp", "-j", "ACCEPT");
        var before = Dump();
        _host.Run(() =>
        {
            using var sink = ReplySink.Install(s_plain with { IsQueue = true });
            sink.Verify();
            Assert.True(sink.ServesV6);
            _host.Execute("iptables", "-t", "mangle", "-F", "POSTROUTING");
            Assert.Contains("that hands replies to queue 790 was changed", Assert.Throws<RulesException>(sink.Verify).Message, StringComparison.Ordinal);
            _host.Execute("iptables", "-t", "mangle", "-A", "POSTROUTING", "-p", "udp", "-j", "ACCEPT");
        });
        Assert.Equal(before, Dump());
    }

    [Fact]
    public void With_local_clients_the_mark_is_asked_before_the_local_addresses()
    {
        _host.Run(() =>
        {
            using var sink = ReplySink.Install(s_plain with { LocalClients = true });
            Assert.Contains("dev tcpcopy0", _host.Ip("route", "get", "127.0.0.1", "mark", "0x7c90"), StringComparison.Ordinal);
            Assert.Contains("dev lo", _host.Ip("route", "get", "127.0.0.1"), StringComparison.Ordinal);
        });
    }

    [Theory, MemberData(nameof(EverySelection))]
    public void A_start_takes_over_what_a_killed_predecessor_left(SinkSettings settings)
    {
        var before = Dump();
        foreach (var predecessor in EverySelection.Select(row => row.Data))
        {
            Leave(predecessor with { Device = "tcpcopy9", RoutingTable = 791, Mark = 0x77 });
            Leave(predecessor);
            _host.Run(() =>
            {
                using var sink = ReplySink.Install(settings);
                sink.Verify();
            });
            Assert.Equal(before, Dump());
        }
    }

    /// <summary>Whatever the step a process was killed at, the host has its local rule, and the next start finds its way.</summary>
    [Theory, MemberData(nameof(EverySelection))]
    public void A_start_repairs_an_installation_that_was_killed_between_two_steps(SinkSettings settings)
    {
        string[][] steps =
        [
            ["link", "add", "tcpcopy0", "group", "124", "type", "ifb"],
            ["link", "set", "tcpcopy0", "up"],
            ["route", "add", "default", "dev", "tcpcopy0", "table", "790", "proto", "124"],
            ["rule", "add", "priority", "1", "table", "local", "protocol", "124"],
            ["rule", "add", "priority", "0", "fwmark", "0x7c90", "table", "790", "protocol", "124"],
            ["rule", "delete", "priority", "0", "table", "local"],
            ["-6", "rule", "add", "priority", "1", "table", "local", "protocol", "124"],
            ["-6", "rule", "add", "priority", "0", "fwmark", "0x7c90", "table", "790", "protocol", "124"],
            ["-6", "rule", "delete", "priority", "0", "table", "local"],
            ["rule", "add", "priority", "0", "table", "local", "protocol", "kernel"],
            ["rule", "delete", "priority", "0", "fwmark", "0x7c90", "table", "790", "protocol", "124"],
        ];
        var before = Dump();
        for (var count = 1; count <= steps.Length; count++)
        {
            foreach (var step in steps.Take(count))
                _host.Ip(step);
            Assert.Contains("lookup local", _host.Ip("rule"), StringComparison.Ordinal);
            _host.Run(() => ReplySink.Install(settings).Remove());
            Assert.Equal(before, Dump());
        }
    }

    [Fact]
    public void With_client_ranges_all_that_goes_there_is_routed_into_the_sink()
    {
        _host.Ip("address", "add", "10.1.1.1/24", "dev", "lo");
        _host.Run(() =>
        {
            using var sink = ReplySink.Install(new SinkSettings { Selection = ReplicaSelection.Clients, Clients = s_clients });
            foreach (var client in s_clients)
                Assert.Contains("dev tcpcopy0", _host.Ip("route", "get", $"{client.HostAt(0)}"), StringComparison.Ordinal);
            Assert.Contains("dev lo", _host.Ip("route", "get", "10.1.1.77"), StringComparison.Ordinal);
            Assert.Empty(_host.Execute("nft", "list", "ruleset"));

            sink.SetPorts([80]);
            Assert.Equal(new ushort[] { 80 }, sink.Ports);
            _host.Ip("route", "delete", "198.19.0.7");
            Assert.Contains("the route of 198.19.0.7", Assert.Throws<RulesException>(sink.Verify).Message, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("address add 198.18.0.5/32 dev lo", "198.18.0.0/24 has an address of this host in it (198.18.0.5)")]
    [InlineData("route add 198.18.0.0/24 dev lo", "198.18.0.0/24 has a route already (ip -4: dev lo)")]
    public void A_client_range_that_others_use_is_refused(string set, string expected)
    {
        _host.Ip(set.Split(' '));
        var before = Dump();

        var refusal = Assert.Throws<RulesException>(
            () => _host.Run(() => ReplySink.Install(new SinkSettings { Selection = ReplicaSelection.Clients, Clients = s_clients })));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, Dump());
    }

    [Fact]
    public void Leftovers_are_removed_without_installing_anything()
    {
        var before = Dump();
        Leave(s_plain with { LocalClients = true });
        Assert.NotEqual(before, Dump());

        _host.Run(ReplySink.RemoveLeftovers);

        Assert.Equal(before, Dump());
    }

    [Fact]
    public void Ports_change_in_one_step_and_a_predecessors_stay_served()
    {
        Leave(s_plain);
        _host.Run(() =>
        {
            using var sink = ReplySink.Install(new SinkSettings());
            Assert.Equal(new ushort[] { 80, 8080 }, sink.Ports);

            sink.SetPorts([9000, 80]);
            Assert.Equal(new ushort[] { 80, 9000 }, sink.Ports);
            Assert.Contains("elements = { 80, 9000 }", _host.Execute("nft", "list", "ruleset"), StringComparison.Ordinal);
            sink.Verify();

            sink.SetPorts([]);
            Assert.DoesNotContain("elements", _host.Execute("nft", "list", "ruleset"), StringComparison.Ordinal);
            sink.Verify();
        });
    }

    [Fact]
    public void Named_ports_serve_no_others_of_a_predecessor()
    {
        Leave(s_plain);
        _host.Run(() =>
        {
            using var sink = ReplySink.Install(new SinkSettings { Ports = [443] });
            Assert.Equal(new ushort[] { 443 }, sink.Ports);
        });
    }

    [Theory]
    [InlineData("nft delete table inet tcpcopy", "nft")]
    [InlineData("nft delete element inet tcpcopy ports { 80 }", "nftables table 'inet tcpcopy' was changed")]
    [InlineData("ip link set tcpcopy0 down", "is down")]
    [InlineData("ip link set tcpcopy0 mtu 1500", "MTU below")]
    [InlineData("ip link delete tcpcopy0", "sink device 'tcpcopy0' is gone")]
    [InlineData("ip rule delete fwmark 0x7c90 table 790", "rule for mark 0x7c90 is gone (ip -4)")]
    [InlineData("ip -6 rule delete fwmark 0x7c90 table 790", "rule for mark 0x7c90 is gone (ip -6)")]
    [InlineData("ip route flush table 790", "routing table 790 has no default route")]
    public void Verifying_names_what_somebody_else_took_away(string commandLine, string expected)
    {
        _host.Run(() =>
        {
            using var sink = ReplySink.Install(s_plain);
            _host.Execute(commandLine.Split(' '));
            Assert.Contains(expected, Assert.Throws<RulesException>(sink.Verify).Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void A_second_interceptor_is_refused_and_the_first_one_untouched()
    {
        _host.Run(() =>
        {
            using var first = ReplySink.Install(s_plain);
            var during = Dump();

            var refusal = Assert.Throws<RulesException>(() => ReplySink.Install(s_plain with { Device = "tcpcopy1" }));
            Assert.Contains($"another interceptor (process {Environment.ProcessId})", refusal.Message, StringComparison.Ordinal);
            Assert.Throws<RulesException>(ReplySink.RemoveLeftovers);

            Assert.Equal(during, Dump());
            first.Verify();
        });
    }

    [Theory]
    [InlineData("link add tcpcopy0 type ifb", "a device 'tcpcopy0' exists and is not a sink of tcpcopy")]
    [InlineData("route add 192.0.2.0/24 dev lo table 790", "routing table 790 is in use (ip -4: 192.0.2.0/24 dev lo)")]
    [InlineData("-6 route add 2001:db8::/64 dev lo table 790", "routing table 790 is in use (ip -6: 2001:db8::/64 dev lo)")]
    [InlineData("rule add fwmark 0x7c90 table 12", "a rule for mark 0x7c90 exists already")]
    public void What_belongs_to_somebody_else_is_refused_and_left_alone(string set, string expected)
    {
        _host.Ip(set.Split(' '));
        var before = Dump();

        var refusal = Assert.Throws<RulesException>(() => _host.Run(() => ReplySink.Install(s_plain)));

        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("with the setting tcpcopy.intercept.", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, Dump());
    }

    [Fact]
    public void A_host_without_IPv6_on_its_devices_gets_it_for_the_sink_alone()
    {
        _host.Execute("sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1");
        _host.Run(() =>
        {
            using var sink = ReplySink.Install(s_plain);
            Assert.True(sink.ServesV6);
            sink.Verify();
        });
        Assert.Contains("= 1", _host.Execute("sysctl", "net.ipv6.conf.default.disable_ipv6"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failing_command_is_named_with_what_it_said()
    {
        var failure = Assert.Throws<RulesException>(() => _host.Run(() => ReplySink.Install(s_plain with { Device = "a-name-that-is-too-long" })));
        Assert.Contains("ip link add a-name-that-is-too-long group 124 type ifb", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Attribute failed policy validation", failure.Message, StringComparison.Ordinal);
    }

    private static AddressRange Range(string text) => AddressRange.Parse(text, out var range) is { } fault ? throw new FormatException(fault) : range;

    /// <summary>As a killed process would: everything stays, and only the lock goes.</summary>
    private void Leave(SinkSettings settings) => _host.Run(() => ReplySink.Install(settings).Abandon());

    private string Dump() => string.Join(
        '\n',
        _host.Execute("nft", "list", "ruleset"),
        _host.Ip("rule"),
        _host.Ip("-6", "rule"),
        _host.Ip("route", "show", "table", "all"),
        _host.Ip("-6", "route", "show", "table", "all"),
        _host.Ip("-d", "link"));
}
