using TcpCopy.Core.Session;
using TcpCopy.Testing.Simulation;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>Every class brings about what it is named for: one in which nothing happens would hold of any engine.</summary>
public class NetworkClassesTests
{
    private const int Seeds = 100;

    private static readonly Dictionary<string, Func<SimulatedNetwork, bool>> Signs = new()
    {
        ["clean"] = run => run.Session.Tally.RequestsAnswered > 1,
        ["reordering"] = run => run.Session.Tally.Retransmissions > 0,
        ["far-target"] = run => run.Duration > TimeSpan.FromMilliseconds(80 * (run.Plan.Exchanges.Count + 1)),
        ["loss"] = run => run.Session.Tally.Retransmissions > 1,
        ["bursts"] = run => run.Session.Tally.Retransmissions > 3,
        ["reply-loss"] = run => run.Session.Tally.Retransmissions > 1,
        ["short-black-outs"] = run => run.Duration > TimeSpan.FromSeconds(20),
        ["long-black-outs"] = run => run.Session.Outcome == SessionOutcome.ReplyTimeout,
        ["uploads"] = run => run.Session.Tally.Retransmissions > 10,
        ["downloads"] = run => run.Session.Tally.ReplyBytes > 100_000,
        ["small-windows"] = run => run.Plan.Target.ReceiveBuffer < run.Client.Length / 4,
        ["shut-windows"] = run => run.Duration > TimeSpan.FromMinutes(2),
        ["plain-targets"] = run => run.Plan.Target is { Mss: 0, WindowScale: null, Timestamps: false, Sack: false },
        ["forgetful-targets"] = run => run.Session.Tally.Retransmissions > 1,
        ["healed-capture"] = run => run.Capture.Captured.Count > run.Client.Sent.Count,
        ["gaps"] = run => run.Session.Outcome == SessionOutcome.CaptureGap && run.Session.Tally.Joined > 1,
        ["gaps-and-loss"] = run => run.Session.Outcome == SessionOutcome.CaptureGap && run.Session.Tally.Retransmissions > 0,
        ["mid-stream"] = run => run.Session.Tally.Joined == 1 && run.Session.Tally.RequestsAnswered > 10,
        ["early-close"] = run => run.Session.Tally.Reopened > 1,
        ["reset"] = run => run.Session.Outcome == SessionOutcome.TargetReset,
        ["timing"] = run => run.Server.EarlyRequests > 0,
        ["unpaced"] = run => run.Server.EarlyRequests > 0,
        ["both-talk"] = run => run.Session.Tally.RequestsCaptured > run.Client.Requests.Count,
        ["greeting"] = run => run.Plan.Server.ClosesFirst,
        ["silent-clients"] = run => run.Duration > run.Plan.Settings.IdleTimeout,
        ["little-memory"] = run => run.Session.Outcome == SessionOutcome.Shed,
        ["stopped"] = run => run.Session.Outcome == SessionOutcome.Stopped,
        ["everything"] = run => run.Session.Tally is { Reopened: > 0, Joined: > 0, Retransmissions: > 0 },
    };

    public static TheoryData<string> Names => new(NetworkClasses.All.Select(kind => kind.Name));

    [Theory, MemberData(nameof(Names))]
    public void Something_happens(string name)
    {
        var kind = NetworkClasses.All.Single(candidate => candidate.Name == name);
        Assert.Contains(Enumerable.Range(1, Seeds), seed => Signs[name](new SimulatedNetwork(kind.Plan(seed)).Run()));
    }
}
