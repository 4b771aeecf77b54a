using TcpCopy.Core.Session;
using TcpCopy.Testing.Simulation;

namespace TcpCopy.Core.Tests.Session;

/// <summary>The kinds of runs of which thousands of seeds are tried: the network, the capture, the client and the target, each at its worst.</summary>
public static partial class NetworkClasses
{
    public static IReadOnlyList<NetworkClass> All { get; } =
    [
        new("clean", Clean, ExpectClean),
        new("reordering", Reordering, NetworkProperties.CheckReplayed),
        new("far-target", FarTarget, NetworkProperties.CheckReplayed),
        new("loss", Loss, NetworkProperties.CheckReplayed),
        new("bursts", Bursts, NetworkProperties.CheckReplayed),
        new("reply-loss", ReplyLoss, NetworkProperties.CheckReplayed),
        new("short-black-outs", ShortBlackOuts, NetworkProperties.CheckReplayed),
        new("long-black-outs", LongBlackOuts, ExpectSilenceNoticed),
        new("uploads", Uploads, NetworkProperties.CheckReplayed),
        new("downloads", Downloads, ExpectDownloaded),
        new("small-windows", SmallWindows, NetworkProperties.CheckReplayed),
        new("shut-windows", ShutWindows, NetworkProperties.CheckReplayed),
        new("plain-targets", PlainTargets, NetworkProperties.CheckReplayed),
        new("forgetful-targets", ForgetfulTargets, NetworkProperties.CheckReplayed),
        new("healed-capture", HealedCapture, NetworkProperties.CheckReplayed),
        new("gaps", Gaps, ExpectGapsJoined),
        new("gaps-and-loss", GapsAndLoss, ExpectGapsCounted),
        new("mid-stream", MidStream, ExpectJoined),
        new("early-close", EarlyClose, ExpectClosed),
        new("reset", Reset, ExpectReset),
        new("timing", run => Paced(run, PacingMode.Timing), NetworkProperties.CheckReplayed),
        new("unpaced", run => Paced(run, PacingMode.None), NetworkProperties.CheckReplayed),
        new("both-talk", BothTalk, NetworkProperties.CheckReplayed),
        new("greeting", Greeting, ExpectGreeted),
        new("silent-clients", SilentClients, NetworkProperties.CheckReplayed),
        new("little-memory", LittleMemory, ExpectShed),
        new("stopped", Stopped, ExpectStopped),
        new("everything", Everything, _ => { }),
    ];
}
