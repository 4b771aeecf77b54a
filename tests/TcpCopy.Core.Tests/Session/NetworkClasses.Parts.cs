using TcpCopy.Core.Session;
using TcpCopy.Testing.Simulation;

namespace TcpCopy.Core.Tests.Session;

public static partial class NetworkClasses
{
    /// <summary>A short session of requests of all sizes; the target answers now and then otherwise than the online host.</summary>
    private static NetworkPlan Mixed(int seed, Random random, bool likeOnline = false)
    {
        var exchanges = new List<Exchange>();
        for (var count = random.Next(1, 9); count > 0; count--)
        {
            var online = random.Next(1, random.Next(2) == 0 ? 500 : 12_000);
            var target = likeOnline || random.Next(4) > 0 ? online : random.Next(1, 12_000);
            exchanges.Add(new Exchange(random.Next(1, random.Next(2) == 0 ? 400 : 12_000), online, target));
        }
        return new NetworkPlan { Seed = seed, Exchanges = exchanges, Settings = Any(random) };
    }

    /// <summary>Many small requests, one after another, as a session that stays open has them.</summary>
    private static NetworkPlan Chatty(int seed, Random random)
    {
        var exchanges = Enumerable.Range(0, 45).Select(_ => new Exchange(random.Next(1, random.Next(4) == 0 ? 6_000 : 500), 700, 700)).ToList();
        return new NetworkPlan
        {
            Seed = seed,
            Exchanges = exchanges,
            Client = new ClientTraits { Pause = TimeSpan.FromMilliseconds(100) },
        };
    }

    private static ClientTraits AnyClient(Random random) => new()
    {
        LargestSegment = random.Next(4) switch { 0 => 100, 1 => 20_000, _ => 1_448 },
        Repeats = Sometimes(random, 0.2),
        KeepAlives = Sometimes(random, 0.5),
        ProbesCarryGarbage = random.Next(2) == 0,
        Ending = (ClientEnding)random.Next(5),
        Pause = Milliseconds(random, 4) + TimeSpan.FromMilliseconds(1),
    };

    private static TargetTraits AnyTarget(Random random) => new()
    {
        ReplySize = random.Next(4) == 0 ? 14_480 : 1_448,
        Timestamps = random.Next(4) > 0,
        Sack = random.Next(4) > 0,
        DuplicateSack = random.Next(2) == 0,
        DelayedAck = random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(40),
    };

    private static SessionSettings Any(Random random) => new() { CongestionWindow = random.Next(4) > 0 };

    /// <summary>For links that lose so much that a minute of tries may all fail.</summary>
    private static SessionSettings Patient(Random random) => Any(random) with { GiveUpAfter = TimeSpan.FromMinutes(10) };

    /// <summary>A link that a TCP survives: it does not lose any number of packets in a row.</summary>
    private static LinkQuality Lossy(Random random, double loss) => new()
    {
        Loss = loss,
        LongestLoss = 4,
        Delay = Milliseconds(random, 5),
        Jitter = Milliseconds(random, 1),
        Duplication = 0.02 * random.NextDouble(),
    };

    private static BlackOut[] SomeBlackOut(Random random) =>
        random.Next(4) > 0 ? [] : [new BlackOut(Milliseconds(random, 3_000), TimeSpan.FromSeconds(90 * random.NextDouble()))];

    private static double Sometimes(Random random, double most) => random.Next(2) * most * random.NextDouble();

    private static TimeSpan Milliseconds(Random random, double most) => TimeSpan.FromMilliseconds(most * random.NextDouble());
}
