using TcpCopy.Core.Wire;
using TcpCopy.Packets.Rules;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Packets.Tests.Rules;

public sealed class UntrackedReplicasTests : IDisposable
{
    private static readonly Endpoint[] s_targets = [new(HostAddress.Parse("10.0.0.148"), 8080), new(HostAddress.Parse("2001:db8::148"), 443)];

    private readonly NetworkNamespace _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void Each_copier_has_a_rule_of_its_own_and_removes_that_alone()
    {
        var before = Rules();
        _host.Run(() =>
        {
            using var first = UntrackedReplicas.Install(s_targets, 0x2a);
            var alone = Rules();
            using (UntrackedReplicas.Install([s_targets[0]], 0x10))
                Assert.Equal(3, Count(Rules(), "notrack"));
            Assert.Equal(alone, Rules());
            Assert.Contains("ip daddr 10.0.0.148 tcp dport 8080 ip dscp 0x2a notrack", alone, StringComparison.Ordinal);
            Assert.Contains("ip6 daddr 2001:db8::148 tcp dport 443 ip6 dscp 0x2a notrack", alone, StringComparison.Ordinal);
        });
        Assert.Equal(before, Rules());
    }

    [Fact]
    public void What_a_killed_copier_left_is_removed_by_the_next_and_what_was_applied_is_not()
    {
        _host.Run(() =>
        {
            UntrackedReplicas.Apply(s_targets, 0x2a);
            var applied = Rules();
            UntrackedReplicas.Install([s_targets[0]], 0x2a)!.Abandon();
            Assert.NotEqual(applied, Rules());

            UntrackedReplicas.Install([s_targets[0]], 0x2a)!.Dispose();

            Assert.Equal(applied, Rules());
            UntrackedReplicas.RemoveApplied();
        });
        Assert.Empty(Rules());
    }

    [Fact]
    public void What_was_applied_serves_these_targets_and_no_others()
    {
        _host.Run(() =>
        {
            Assert.Contains("has not been applied", Refusal([s_targets[0]], 0x2a), StringComparison.Ordinal);
            UntrackedReplicas.Apply(s_targets, 0x2a);
            UntrackedReplicas.VerifyApplied(s_targets, 0x2a);
            UntrackedReplicas.VerifyApplied([s_targets[1]], 0x2a);
            Assert.Contains("10.0.0.148:8081", Refusal([s_targets[0] with { Port = 8081 }], 0x2a), StringComparison.Ordinal);
            Assert.Contains("10.0.0.148:8080", Refusal(s_targets, 0x10), StringComparison.Ordinal);
        });

        static string Refusal(Endpoint[] targets, byte dscp) => Assert.Throws<RulesException>(() => UntrackedReplicas.VerifyApplied(targets, dscp)).Message;
    }

    [Fact]
    public void Without_a_target_on_another_host_there_is_no_rule()
    {
        _host.Run(() => Assert.Null(UntrackedReplicas.Install([], 0x2a)));
        Assert.Empty(Rules());
    }

    private string Rules() => _host.Execute("nft", "--stateless", "--numeric", "list", "ruleset");

    private static int Count(string text, string word) => text.Split(word).Length - 1;
}
