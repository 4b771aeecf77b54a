using Akka.Actor;
using TcpCopy.Copier.Tests.Fakes;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>A hundred thousand live sessions, looked at while copying goes on.</summary>
public sealed class ManySessionsTests() : ShardKit(Settings with
{
    MaxMemoryBytes = 1L << 30,
    // The target answers none of them, which is no sign of anything here: on a slow machine it would be taken for one before the last has begun.
    Escape = new EscapeSettings { SilentReplicas = 0 },
    // And they are not to knock again meanwhile.
    Session = new SessionSettings { SynTimeout = TimeSpan.FromMinutes(10), GiveUpAfter = TimeSpan.FromHours(1) },
})
{
    private const int Sessions = 100_000;
    private const int PortsPerClient = 50_000;
    private const int Rounds = 20;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task Copying_goes_on_while_all_of_them_are_searched_and_counted()
    {
        var flow = Flow(40_000);
        var id = Establish(flow);
        for (var number = 0; number < Sessions; number++)
            Feed.Client(ManyFlow(number), Syn());
        await Wait.UntilAsync(
            async () => (await ReadAsync()).Report.Sessions.Live == Sessions + 1, Bound, () => $"{Sessions + 1} live sessions");

        // The request goes in behind the search and must come out before it, whatever the test's own threads are doing: once is proof.
        var overtook = false;
        var sent = 0;
        for (var round = 0; round < Rounds && !overtook; round++)
        {
            var search = Root.Ask<SessionPage>(new FindSessions(new SessionQuery { Order = SessionOrder.Hold, Limit = 1000 }, 0));
            var books = ReadAsync();
            Feed.Client(flow, Data("request", at: (uint)(sent + 1)));
            NextPayloadOf(flow);
            overtook = !search.IsCompleted;
            Acknowledge(id, sent += 7);
            var page = await search;
            Assert.Equal((Sessions + 1, 1000), (page.Matching, page.Rows.Count));
            Assert.Equal(Sessions + 1, (await books).Report.Sessions.Live);
        }
        Assert.True(overtook, "no request was sent while all sessions were searched");

        var report = Stop();
        Assert.Equal((Sessions + 1, 0), (report.Sessions.Ended[SessionOutcome.Stopped], report.LeakedBytes));
    }

    /// <summary>Waits for that alone, not for what else the shard has to do.</summary>
    private void NextPayloadOf(FlowKey flow)
    {
        Sent? sent;
        do
            Assert.True(Wire.Segments.TryTake(out sent, Bound));
        while (sent.Payload.Length == 0);
        Assert.Equal(Replica(flow), sent.Replica);
    }

    private static FlowKey ManyFlow(int number) =>
        new(Parse($"10.0.1.{1 + (number / PortsPerClient)}", (ushort)(10_000 + (number % PortsPerClient))), Online);
}
