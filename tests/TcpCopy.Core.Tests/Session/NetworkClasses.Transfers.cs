using TcpCopy.Testing.Simulation;
using static TcpCopy.Testing.Simulation.NetworkProperties;

namespace TcpCopy.Core.Tests.Session;

public static partial class NetworkClasses
{
    /// <summary>An upload of a megabyte that loses one packet in twenty, to a target with SACK or without.</summary>
    internal static NetworkPlan LossyUpload(int seed, bool hasSack) => new NetworkPlan
    {
        Seed = seed,
        Exchanges = [new Exchange(1_000_000, 200, 200)],
        Client = new ClientTraits { LargestSegment = 60_000 },
        Target = new TargetTraits { Sack = hasSack },
    }.Over(new LinkQuality { Loss = 0.05, Delay = TimeSpan.FromMilliseconds(5) });

    /// <summary>A megabyte to a target that is so far away, there and back; nothing is lost.</summary>
    internal static NetworkPlan FarUpload(TimeSpan roundTrip) => new NetworkPlan
    {
        Seed = 1,
        Exchanges = [new Exchange(1_000_000, 200, 200)],
        Client = new ClientTraits { LargestSegment = 60_000 },
        Target = new TargetTraits { ReceiveBuffer = 2_000_000, WindowScale = 8 },
    }.Over(new LinkQuality { Delay = roundTrip / 2 });

    /// <summary>Much in one request, so that windows grow and halve and one flight loses many segments; now and then to a slow reader.</summary>
    private static NetworkPlan Uploads(int seed)
    {
        var random = new Random(seed);
        var isSlow = random.Next(3) == 0;
        return (new NetworkPlan
        {
            Seed = seed,
            Exchanges = [new Exchange(random.Next(10_000, isSlow ? 100_000 : 300_000), 200, 200)],
            Client = AnyClient(random) with { LargestSegment = random.Next(2) == 0 ? 1_448 : 65_160 },
            Target = AnyTarget(random) with { ReceiveBuffer = isSlow ? random.Next(3_000, 32_000) : 262_144 },
            Server = new ServerTraits { ReadsEvery10Milliseconds = isSlow ? 4_000 : 0 },
            Settings = Any(random),
        }).Over(Lossy(random, 0.05 * random.NextDouble()));
    }

    /// <summary>The client closes as soon as it has the whole answer: at the target nothing of it may be left on the way.</summary>
    private static NetworkPlan Downloads(int seed)
    {
        var random = new Random(seed);
        var answer = random.Next(10_000, 300_000);
        return (new NetworkPlan
        {
            Seed = seed,
            Exchanges = [new Exchange(100, answer, answer)],
            Client = AnyClient(random) with { Ending = ClientEnding.Fin },
            Target = AnyTarget(random) with { SendWindow = random.Next(14_480, 65_000) },
            Settings = Any(random),
        }).Over(Lossy(random, 0.02 * random.NextDouble()));
    }

    private static void ExpectDownloaded(SimulatedNetwork run)
    {
        CheckReplayed(run);
        var answer = run.Plan.Exchanges.Sum(exchange => exchange.TargetAnswer);
        Require(run.Session.Tally.ReplyBytes == answer, () => $"{run.Session.Tally.ReplyBytes} of {answer} bytes of the answer are counted");
        Require(!run.Server.WasCutShort, () => "the FIN came before the answer had got through");
    }

    private static void ExpectGreeted(SimulatedNetwork run)
    {
        CheckReplayed(run);
        // What is lost may come so late that the answer seems to have ended.
        var isEarly = run.Server.EarlyRequests > 0 && run.Plan.ToTarget.Loss == 0 && run.Plan.FromTarget.Loss == 0;
        Require(!isEarly, () => $"{run.Server.EarlyRequests} requests came before the one before was answered, and nothing was lost");
    }
}
