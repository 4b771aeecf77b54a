using Akka.Event;
using Akka.Remote;
using TcpCopy.Cli.Logging;
using Xunit;

namespace TcpCopy.Cli.Tests;

public sealed class LogSieveTests
{
    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Akkas_repeated_warning_is_shown_once_in_half_a_minute()
    {
        var sieve = new LogSieve("INFO");

        Assert.True(sieve.Passes(Warning(typeof(RemoteSettings), 1), Start.AddSeconds(0)));
        Assert.False(sieve.Passes(Warning(typeof(RemoteSettings), 2), Start.AddSeconds(2)));
        Assert.False(sieve.Passes(Warning(typeof(RemoteSettings), 3), Start.AddSeconds(29)));
        Assert.True(sieve.Passes(Warning(typeof(RemoteSettings), 4), Start.AddSeconds(30)));
    }

    [Fact]
    public void Our_own_lines_all_pass()
    {
        var sieve = new LogSieve("INFO");

        Assert.True(sieve.Passes(Warning(typeof(LogSieveTests), 1), Start.AddSeconds(0)));
        Assert.True(sieve.Passes(Warning(typeof(LogSieveTests), 2), Start.AddSeconds(0)));
        Assert.True(sieve.Passes(new Info("me", typeof(LogSieveTests), "ready"), Start));
    }

    [Fact]
    public void Akkas_steps_are_for_debugging()
    {
        var step = new Info("remoting", typeof(RemoteSettings), "Starting remoting");

        Assert.False(new LogSieve("INFO").Passes(step, Start));
        Assert.True(new LogSieve("DEBUG").Passes(step, Start));
        Assert.True(new LogSieve("INFO").Passes(new Error(null, "remoting", typeof(RemoteSettings), "broken"), Start));
    }

    [Theory]
    [InlineData("remoting", false)]
    [InlineData("Cluster (akka://tcpcopy)", false)]
    [InlineData("[akka://tcpcopy/system/cluster/core/daemon#1]", false)]
    [InlineData("[akka://tcpcopy/user/copier#1]", true)]
    [InlineData("ActorSystem(tcpcopy)", true)]
    public void A_source_tells_whose_step_it_is(string source, bool isOurs) =>
        Assert.Equal(isOurs, new LogSieve("INFO").Passes(new Info(source, typeof(LogEvent), "a step"), Start));

    [Theory]
    [InlineData("[akka://tcpcopy/user/copier/shard#12]", "copier/shard")]
    [InlineData("akka.tcp://tcpcopy@10.0.0.1:5/system/endpointManager/writer-akka.tcp%3A%2F%2F-1", "endpointManager")]
    [InlineData("Cluster (akka://tcpcopy)", "Cluster")]
    [InlineData("remoting", "remoting")]
    public void Sources_are_short(string source, string expected) =>
        Assert.EndsWith($" info    {expected}: x", LogLine.Of(new Info(source, typeof(LogSieveTests), "x")), StringComparison.Ordinal);

    private static Warning Warning(Type home, int port) => new("remoting", home, $"Tried to associate with unreachable address 10.0.0.1:{port}");
}
