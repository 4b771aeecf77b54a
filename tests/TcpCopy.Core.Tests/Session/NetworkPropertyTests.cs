using TcpCopy.Core.Wire;
using TcpCopy.Testing.Simulation;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>The simulated network finds an engine out that does one thing wrong: a property that nothing can break proves nothing.</summary>
public class NetworkPropertyTests
{
    private const int Seeds = 100;

    [Fact]
    public void A_changed_byte() => ExpectFoundOut("clean", "not the client's", _ => (ref OutgoingSegment _, ref byte[] payload) =>
    {
        if (payload.Length > 0)
            payload[^1] ^= 1;
        return true;
    });

    [Fact]
    public void A_repetition_never_sent() => ExpectFoundOut("loss", "the outcome is", _ =>
    {
        SeqNumber? highest = null;
        return (ref OutgoingSegment packet, ref byte[] payload) =>
        {
            var end = packet.Sequence + payload.Length;
            if (payload.Length > 0 && highest is { } before && end <= before)
                return false;
            highest = payload.Length > 0 ? end : highest;
            return true;
        };
    });

    [Fact]
    public void An_acknowledgement_of_what_never_came() => ExpectFoundOut("clean", "acknowledges", _ => (ref OutgoingSegment packet, ref byte[] payload) =>
    {
        packet.Acknowledgement += payload.Length > 0 ? 100_000 : 0;
        return true;
    });

    [Fact]
    public void Bytes_beyond_the_window() => ExpectFoundOut("small-windows", "window", run => (ref OutgoingSegment packet, ref byte[] payload) =>
    {
        var offset = packet.Sequence - (run.Client.Start + 1);
        if (payload.Length > 0)
            payload = run.Client.Stream[offset..run.Client.Length];
        return true;
    });

    [Fact]
    public void A_clock_that_runs_back() => ExpectFoundOut("clean", "timestamps run back", _ => (ref OutgoingSegment packet, ref byte[] _) =>
    {
        packet.Options.TimestampValue = 0 - packet.Options.TimestampValue;
        return true;
    });

    [Fact]
    public void A_fin_that_is_kept_back() => ExpectFoundOut("clean", "the outcome is", _ => (ref OutgoingSegment packet, ref byte[] _) =>
        !packet.Flags.Has(TcpFlags.Fin));

    private static void ExpectFoundOut(string name, string complaint, Func<SimulatedNetwork, TamperingHand> tamper)
    {
        var kind = NetworkClasses.All.Single(candidate => candidate.Name == name);
        var problems = Enumerable.Range(1, Seeds).Select(seed => Problem(kind, seed, tamper)).OfType<string>().ToList();
        Assert.Contains(problems, problem => problem.Contains(complaint, StringComparison.Ordinal));
    }

    private static string? Problem(NetworkClass kind, int seed, Func<SimulatedNetwork, TamperingHand> tamper)
    {
        try
        {
            kind.Run(seed, tamper: tamper);
            return null;
        }
        catch (PropertyException exception)
        {
            return exception.Message;
        }
    }
}
