using TcpCopy.Benchmarks.Lab;
using TcpCopy.Node.Loop;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>What nodes allocate for what they do all the time, on the threads of their loops.</summary>
internal static class SteadyState
{
    private const int Sessions = 50;
    private const int Rounds = 400;

    /// <summary>Buffers, queues and pools have the size that they need by then.</summary>
    private const int WarmUp = 100;

    public static Task<object> RunAsync(ScenarioOptions options)
    {
        int[] sizes = [1, 8, Sessions];
        IReadOnlyList<Figure> figures = [.. sizes.SelectMany(FiguresOf)];
        Figure.Print("allocated on the threads of the loops, bytes a request", [figures]);
        return Task.FromResult<object>(figures);
    }

    /// <summary>A copier's capture, router, sessions, sender and link: bytes a request and its answer.</summary>
    /// <param name="together">Sessions that ask at the same time.</param>
    public static double CopierBytesARequest(int together)
    {
        using var stage = new ShardStage(together);
        stage.Open(together);
        return BytesARound(stage.Exchange, stage.Loop) / together;
    }

    /// <summary>An interceptor's tap, routes and batches: bytes a reply.</summary>
    /// <param name="together">Replies that are found at each look.</param>
    public static double InterceptorBytesAReply(int together)
    {
        using var stage = new TapStage(together);
        return BytesARound(stage.Answer, stage.Loop) / together;
    }

    /// <summary>
    /// Remoting of both nodes: bytes a reply, from the actor that sends its batch to the one that gets it. The object that is told is counted here and with
    /// the tap, too.
    /// </summary>
    /// <param name="together">Replies of each batch.</param>
    public static double RemotingBytesAReply(int together)
    {
        using var stage = new RemotingStage(together);
        return BytesARound(stage.Send, stage.SendingLoop, stage.ReceivingLoop) / together;
    }

    private static IEnumerable<Figure> FiguresOf(int together)
    {
        var (copier, interceptor, remoting) = (CopierBytesARequest(together), InterceptorBytesAReply(together), RemotingBytesAReply(together));
        yield return new($"{together} at once: copier's actors", "0.0", copier);
        yield return new($"{together} at once: interceptor's tap", "0.0", interceptor);
        yield return new($"{together} at once: remoting of both", "0.0", remoting);
        yield return new($"{together} at once: all of it", "0.0", copier + interceptor + remoting);
    }

    private static double BytesARound(Action round, params EventLoop[] loops)
    {
        for (var count = 0; count < WarmUp; count++)
            round();
        var before = loops.Sum(LoopReading.Allocated);
        for (var count = 0; count < Rounds; count++)
            round();
        return (double)(loops.Sum(LoopReading.Allocated) - before) / Rounds;
    }
}
