using TcpCopy.Core.Session;
using TcpCopy.Testing.Simulation;

namespace TcpCopy.Core.Tests.Session;

public static partial class NetworkClasses
{
    private static NetworkPlan Clean(int seed)
    {
        var random = new Random(seed);
        var endings = new[] { ClientEnding.Fin, ClientEnding.FinWithData, ClientEnding.Reset };
        return Mixed(seed, random, likeOnline: true) with
        {
            Client = AnyClient(random) with { Ending = endings[random.Next(3)] },
            // A longer silence than settle is taken for the end of an answer, by design.
            Server = new ServerTraits { Writes = random.Next(1, 4), BetweenWrites = Milliseconds(random, 3) },
        };
    }

    private static NetworkPlan Reordering(int seed)
    {
        var random = new Random(seed);
        return (Mixed(seed, random) with
        {
            Client = AnyClient(random),
            WakesLateBy = Milliseconds(random, 2),
            Target = AnyTarget(random),
        }).Over(new LinkQuality
        {
            Delay = Milliseconds(random, 20),
            Jitter = Milliseconds(random, 10),
            Overtaken = 0.2 * random.NextDouble(),
            OvertakenBy = Milliseconds(random, 20),
            Duplication = 0.1 * random.NextDouble(),
        });
    }

    /// <summary>80 ms to the target and back, many times what the client has to the online host: everything is slower, and nothing is lost.</summary>
    private static NetworkPlan FarTarget(int seed)
    {
        var random = new Random(seed);
        var plan = Mixed(seed, random) with { Client = AnyClient(random), Target = AnyTarget(random) };
        return plan.Over(Lossy(random, 0.02 * random.Next(2)) with { Delay = TimeSpan.FromMilliseconds(40) });
    }

    private static NetworkPlan Loss(int seed)
    {
        var random = new Random(seed);
        return (Mixed(seed, random) with { Client = AnyClient(random), Target = AnyTarget(random), WakesLateBy = Milliseconds(random, 1) })
            .Over(Lossy(random, 0.01 + (0.04 * random.NextDouble())));
    }

    /// <summary>
    /// Packets are lost several in a row. Six there, then one back, and all over again six times: so many tries may fail together, and an hour has
    /// time for them.
    /// </summary>
    private static NetworkPlan Bursts(int seed)
    {
        var random = new Random(seed);
        var link = Lossy(random, 0.03) with { LossGoesOn = 0.7, LongestLoss = 6 };
        return (Mixed(seed, random) with
        {
            Client = AnyClient(random),
            Target = AnyTarget(random),
            Settings = Any(random) with { GiveUpAfter = TimeSpan.FromHours(1) },
            Limit = TimeSpan.FromHours(12),
        }).Over(link);
    }

    private static NetworkPlan ReplyLoss(int seed)
    {
        var random = new Random(seed);
        return Mixed(seed, random) with
        {
            Client = AnyClient(random),
            Target = AnyTarget(random),
            Settings = Patient(random),
            FromTarget = Lossy(random, 0.1 + (0.3 * random.NextDouble())) with { LongestLoss = 6, Batch = Milliseconds(random, 1) },
        };
    }

    private static NetworkPlan ShortBlackOuts(int seed)
    {
        var random = new Random(seed);
        var first = new BlackOut(Milliseconds(random, 60), TimeSpan.FromSeconds(0.1 + (30 * random.NextDouble())));
        var second = new BlackOut(first.From + first.Length + TimeSpan.FromSeconds(20 * random.NextDouble()), TimeSpan.FromSeconds(8 * random.NextDouble()));
        return BlackedOut(seed, random, [first, second]);
    }

    private static NetworkPlan LongBlackOuts(int seed)
    {
        var random = new Random(seed);
        return BlackedOut(seed, random, [new BlackOut(Milliseconds(random, 60), TimeSpan.FromMinutes(10))]);
    }

    private static NetworkPlan BlackedOut(int seed, Random random, BlackOut[] blackOuts)
    {
        var side = random.Next(3);
        var link = new LinkQuality { Delay = Milliseconds(random, 2) };
        return Mixed(seed, random) with
        {
            Client = AnyClient(random),
            ToTarget = link with { BlackOuts = side == 0 ? [] : blackOuts },
            FromTarget = link with { BlackOuts = side == 1 ? [] : blackOuts },
        };
    }

    private static NetworkPlan SmallWindows(int seed)
    {
        var random = new Random(seed);
        var plan = Mixed(seed, random);
        return (plan with
        {
            Exchanges = plan.Exchanges.Take(4).ToList(),
            Client = AnyClient(random),
            Target = AnyTarget(random) with
            {
                ReceiveBuffer = random.Next(300, 8_000),
                WindowScale = random.Next(3) == 0 ? null : (byte)random.Next(5),
                AvoidsSillyWindows = random.Next(3) > 0,
            },
            Server = new ServerTraits { ReadsEvery10Milliseconds = random.Next(100, 4_000) },
        }).Over(Lossy(random, 0.03 * random.Next(2)));
    }

    /// <summary>The application hangs for minutes: the window shuts, and stays shut for longer than a silent target is waited for.</summary>
    private static NetworkPlan ShutWindows(int seed)
    {
        var random = new Random(seed);
        var plan = SmallWindows(seed);
        var hangs = new BlackOut(Milliseconds(random, 40), TimeSpan.FromSeconds(random.Next(1, 300)));
        // Probes are a quarter of the time to give up apart: of four tries, three may be lost by chance, and then there was a silence to give up for.
        var (there, back) = random.Next(2) == 0 ? (plan.ToTarget.Loss, 0.0) : (0.0, plan.FromTarget.Loss);
        return plan with
        {
            Server = plan.Server with { ReadsEvery10Milliseconds = random.Next(1_000, 9_000), Hangs = hangs },
            ToTarget = plan.ToTarget with { Loss = there, LongestLoss = 2 },
            FromTarget = plan.FromTarget with { Loss = back, LongestLoss = 2 },
        };
    }

    private static NetworkPlan PlainTargets(int seed)
    {
        var random = new Random(seed);
        var mtu = random.Next(200, 1_501);
        return (Mixed(seed, random) with
        {
            Client = AnyClient(random),
            Target = AnyTarget(random) with
            {
                Mss = (ushort)(random.Next(4) == 0 ? 0 : random.Next(100, 9_000)),
                WindowScale = random.Next(2) == 0 ? null : (byte)random.Next(9),
                Timestamps = random.Next(2) == 0,
                Sack = random.Next(2) == 0,
            },
            Settings = Any(random) with { MaxSegmentSize = mtu - 40 },
        }).Over(Lossy(random, 0.02) with { Mtu = 40 + 1_460 }) with
        {
            ToTarget = Lossy(random, 0.02) with { Mtu = mtu },
        };
    }

    private static NetworkPlan ForgetfulTargets(int seed)
    {
        var random = new Random(seed);
        var target = AnyTarget(random) with { Sack = true, TakesBack = 0.05, DuplicateSack = random.Next(2) == 0 };
        return (Mixed(seed, random) with { Client = AnyClient(random), Target = target }).Over(Lossy(random, 0.04));
    }

    private static NetworkPlan HealedCapture(int seed)
    {
        var random = new Random(seed);
        return (Mixed(seed, random) with
        {
            Client = AnyClient(random) with { Lost = 0.1, Repeats = 0.2, Pause = TimeSpan.FromMilliseconds(2) },
            Capture = new CaptureQuality { Late = 0.3, Doubled = 0.2, LateBy = Milliseconds(random, 2) },
        }).Over(Lossy(random, 0.02 * random.Next(2)));
    }

    private static NetworkPlan Gaps(int seed)
    {
        var random = new Random(seed);
        return Chatty(seed, random) with { Capture = new CaptureQuality { Missed = 1.0 / random.Next(10, 200) } };
    }

    private static NetworkPlan GapsAndLoss(int seed)
    {
        var random = new Random(seed);
        return (Gaps(seed) with { Target = AnyTarget(random) }).Over(Lossy(random, 0.05 * random.NextDouble()));
    }

    private static NetworkPlan MidStream(int seed)
    {
        var random = new Random(seed);
        var plan = Chatty(seed, random) with { Capture = new CaptureQuality { BeginsBehind = random.Next(1, 40) } };
        return random.Next(2) == 0 ? plan : plan.Over(Lossy(random, 0.03));
    }

    private static NetworkPlan EarlyClose(int seed)
    {
        var random = new Random(seed);
        return (Chatty(seed, random) with
        {
            Server = new ServerTraits { ClosesAfter = random.Next(1, 8), Thinks = Milliseconds(random, 3) },
            Target = AnyTarget(random) with { ResetsDataBehindItsFin = random.Next(2) == 0 },
            Settings = Any(random) with { ReopenOnTargetClose = random.Next(4) > 0 },
        }).Over(Lossy(random, 0.02 * random.Next(2)));
    }

    private static NetworkPlan Reset(int seed)
    {
        var random = new Random(seed);
        var isInRequest = random.Next(2) == 0;
        var plan = Mixed(seed, random);
        return (plan with
        {
            Client = AnyClient(random),
            Server = new ServerTraits { ResetsAfter = isInRequest ? 0 : random.Next(1, 4), ResetsBehind = isInRequest ? random.Next(1, 5_000) : 0 },
            Target = AnyTarget(random),
        }).Over(Lossy(random, 0.02 * random.Next(2)));
    }

    private static NetworkPlan Paced(int seed, PacingMode pacing)
    {
        var random = new Random(seed);
        return (Mixed(seed, random) with
        {
            Client = AnyClient(random) with { Pause = Milliseconds(random, 200) },
            Target = AnyTarget(random),
            Settings = Any(random) with { Pacing = pacing },
        }).Over(Lossy(random, 0.04 * random.NextDouble()));
    }

    private static NetworkPlan BothTalk(int seed)
    {
        var random = new Random(seed);
        return (Mixed(seed, random) with { Client = AnyClient(random) with { AcknowledgesInBetween = 0.3 }, Target = AnyTarget(random) })
            .Over(Lossy(random, 0.02 * random.NextDouble()));
    }

    private static NetworkPlan Greeting(int seed)
    {
        var random = new Random(seed);
        var plan = Mixed(seed, random);
        return (plan with
        {
            Exchanges = [new Exchange(0, 60, 60), .. plan.Exchanges],
            Server = new ServerTraits { ClosesFirst = random.Next(2) == 0 },
            Target = AnyTarget(random),
        }).Over(Lossy(random, 0.03 * random.Next(2)));
    }

    private static NetworkPlan SilentClients(int seed)
    {
        var random = new Random(seed);
        return (Mixed(seed, random) with
        {
            Client = AnyClient(random) with { Ending = ClientEnding.Silence },
            Capture = new CaptureQuality { MissesSynAck = random.Next(2) == 0 },
            Settings = Any(random) with { IdleTimeout = TimeSpan.FromMinutes(random.Next(3, 10)) },
        }).Over(Lossy(random, 0.03 * random.NextDouble()));
    }

    private static NetworkPlan LittleMemory(int seed)
    {
        var random = new Random(seed);
        var plan = SmallWindows(seed);
        return plan with { Settings = plan.Settings with { MaxBufferedBytes = random.Next(500, 30_000) } };
    }

    private static NetworkPlan Stopped(int seed)
    {
        var random = new Random(seed);
        return Everything(seed) with { StopsAt = Milliseconds(random, random.Next(2) == 0 ? 50 : 5_000) };
    }

    private static NetworkPlan Everything(int seed)
    {
        var random = new Random(seed);
        var plan = Chatty(seed, random);
        return plan with
        {
            Client = AnyClient(random) with
            {
                Lost = Sometimes(random, 0.1),
                Ending = Enum.GetValues<ClientEnding>()[random.Next(6)],
                AcknowledgesInBetween = 0,
                ProbesCarryGarbage = false,
                Pause = Milliseconds(random, 200),
            },
            Capture = new CaptureQuality
            {
                Missed = Sometimes(random, 0.05),
                Late = Sometimes(random, 0.2),
                Doubled = Sometimes(random, 0.2),
                MissesSynAck = random.Next(4) == 0,
            },
            Server = new ServerTraits { ClosesAfter = random.Next(2) * random.Next(12), ReadsEvery10Milliseconds = random.Next(2) * random.Next(500, 5_000) },
            Target = AnyTarget(random) with { ReceiveBuffer = random.Next(2_000, 100_000), TakesBack = Sometimes(random, 0.02) },
            Settings = Any(random) with { Pacing = (PacingMode)random.Next(3), IdleTimeout = TimeSpan.FromMinutes(5), FullSessionsOnly = random.Next(6) == 0 },
            ToTarget = Lossy(random, 0.1 * random.NextDouble()) with { BlackOuts = SomeBlackOut(random) },
            FromTarget = Lossy(random, 0.1 * random.NextDouble()) with { BlackOuts = SomeBlackOut(random) },
        };
    }
}
