using Akka.Event;
using Akka.TestKit.Xunit;
using TcpCopy.Packets.Rules;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Interceptor.Tests;

public sealed class TrackingWatchTests() : TestKit(KitSettings.Patient + "akka.stdout-loglevel = OFF")
{
    [Fact]
    public void A_table_that_runs_full_is_told_once_until_there_is_room_again()
    {
        TrackedConnections? tracked = null;
        var watch = new TrackingWatch(() => tracked, Sys.Log);
        Sys.EventStream.Subscribe(TestActor, typeof(Warning));

        Assert.Equal(0, WarningsAt(null, 799));
        Assert.Equal(1, WarningsAt(800, 1_000, 790, 650, 900));
        Assert.Equal(1, WarningsAt(590, 810));

        int WarningsAt(params long?[] counts)
        {
            foreach (var count in counts)
            {
                tracked = count is { } known ? new TrackedConnections(known, Most: 1_000) : null;
                watch.Look();
            }
            TestActor.Tell("all looked at", TestActor);
            var warnings = 0;
            while (ExpectMsg<object>() is Warning)
                warnings++;
            return warnings;
        }
    }
}
