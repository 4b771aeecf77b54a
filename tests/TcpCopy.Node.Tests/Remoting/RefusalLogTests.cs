using Akka.Event;
using Akka.TestKit.Xunit;
using TcpCopy.Core.Wire;
using TcpCopy.Node.Remoting;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Node.Tests.Remoting;

public sealed class RefusalLogTests() : TestKit(KitSettings.Patient + "akka.loglevel = WARNING")
{
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(31);

    [Fact]
    public void The_same_is_said_once_and_counted_until_it_is_said_again()
    {
        var log = new RefusalLog(Logging.GetLogger(Sys, this));
        var now = new Instant(1);
        EventFilter.Warning("no connection with 10.0.0.9: why").Expect(2, () =>
            EventFilter.Warning("2 more connections were refused since, for these reasons and others like them").Expect(1, () =>
            {
                for (var number = 0; number < 3; number++)
                    log.Add("10.0.0.9", "why", now);
                log.Add("10.0.0.9", "why", now + Later);
            }));
    }

    [Fact]
    public void Whoever_knocks_there_are_only_so_many_lines()
    {
        var log = new RefusalLog(Logging.GetLogger(Sys, this));
        EventFilter.Warning(start: "no connection with").Expect(20, () =>
        {
            for (var number = 0; number < 1000; number++)
                log.Add($"10.0.0.{number}", "why", new Instant(1));
        });
    }
}
