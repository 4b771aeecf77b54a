using TcpCopy.Packets.Rules;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Packets.Tests.Rules;

/// <summary>Rules that one process makes and another one relies on.</summary>
public sealed class AppliedRulesTests : IDisposable
{
    private static readonly SinkSettings s_plain = new() { Ports = [8080, 80] };

    private readonly NetworkNamespace _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Who_relies_on_them_leaves_them_as_they_are()
    {
        _host.Run(() =>
        {
            ReplySink.Apply(s_plain);
            var applied = Rules();
            using (var sink = ReplySink.Attach(s_plain))
            {
                sink.Verify();
                Assert.True(sink.ServesV6);
                Assert.Equal(new ushort[] { 80, 8080 }, sink.Ports);
                Assert.Contains("managed outside", Assert.Throws<RulesException>(() => sink.SetPorts([80, 9000])).Message, StringComparison.Ordinal);
                Assert.Contains("another interceptor", Assert.Throws<RulesException>(() => ReplySink.Apply(s_plain)).Message, StringComparison.Ordinal);
            }
            Assert.Equal(applied, Rules());
            ReplySink.RemoveLeftovers();
        });
    }

    [Fact]
    public void They_are_applied_again_over_themselves_and_over_what_a_killed_interceptor_left()
    {
        _host.Run(() =>
        {
            ReplySink.Install(s_plain with { Ports = [443] }).Abandon();
            ReplySink.Apply(s_plain);
            ReplySink.Apply(s_plain);
            ReplySink.VerifyApplied(s_plain);
            // What an interceptor with rules of its own takes over is not to be relied on any more.
            ReplySink.Install(s_plain).Abandon();
            Assert.Contains("have not been applied", Refusal(s_plain), StringComparison.Ordinal);
            ReplySink.RemoveLeftovers();
        });
    }

    [Theory]
    [InlineData("nft add element inet tcpcopy ports { 81 }", "nftables table 'inet tcpcopy' was changed")]
    [InlineData("nft delete table inet tcpcopy", "nftables table 'inet tcpcopy' was changed")]
    [InlineData("ip link set tcpcopy0 down", "is down")]
    [InlineData("ip link delete tcpcopy0", "have not been applied")]
    [InlineData("ip rule delete fwmark 0x7c90 table 790", "rule for mark 0x7c90 is gone (ip -4)")]
    [InlineData("ip -6 route flush table 790", "has no default route to 'tcpcopy0' (ip -6)")]
    public void What_somebody_else_changed_is_named(string commandLine, string expected)
    {
        _host.Run(() =>
        {
            ReplySink.Apply(s_plain);
            _host.Execute(commandLine.Split(' '));
            Assert.Contains(expected, Refusal(s_plain), StringComparison.Ordinal);
            Assert.Contains("tcpcopy rules apply", Refusal(s_plain), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Settings_that_differ_are_named()
    {
        _host.Run(() =>
        {
            ReplySink.Apply(s_plain);
            SinkSettings[] others = [s_plain with { Ports = [80] }, s_plain with { Dscp = 1 }, s_plain with { Mark = 7 }, s_plain with { LocalClients = true }];
            foreach (var other in others)
                Assert.Contains("were made for ports=80,8080 dscp=42", Refusal(other), StringComparison.Ordinal);
            // So many that the kernel would not take them as a note.
            var many = s_plain with { Ports = [.. Enumerable.Range(1000, 300).Select(port => (ushort)port)] };
            ReplySink.Apply(many);
            ReplySink.VerifyApplied(many);
            Assert.Contains("were made for ports=#", Refusal(many with { Ports = [.. many.Ports.Skip(1)] }), StringComparison.Ordinal);
        });
    }

    private static string Refusal(SinkSettings settings) => Assert.Throws<RulesException>(() => ReplySink.VerifyApplied(settings)).Message;

    private string Rules() => string.Join(
        '\n', _host.Execute("nft", "list", "ruleset"), _host.Ip("rule"), _host.Ip("-6", "rule"), _host.Ip("route", "show", "table", "all"), _host.Ip("link"));
}
