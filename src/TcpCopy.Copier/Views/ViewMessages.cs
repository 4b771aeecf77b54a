using TcpCopy.Contracts.Messages;

namespace TcpCopy.Copier.Views;

/// <summary>Something that a shard is asked while it copies; its viewer answers.</summary>
internal interface IViewQuestion;

/// <summary>Answered with <see cref="Figures.CopierFigures"/>.</summary>
internal sealed class ReadFigures : IViewQuestion
{
    public static readonly ReadFigures Instance = new();
}

/// <summary>Answered with a <see cref="SessionPage"/>, or <see cref="Busy"/>.</summary>
internal sealed record FindSessions(SessionQuery Query, int Shard) : IViewQuestion;

/// <summary>Answered with a <see cref="SessionDetail"/>, by the session's own actor as long as there is one, or <see cref="NoSuchSession"/>.</summary>
internal sealed record DescribeSession(FlowId Id) : IViewQuestion;

/// <summary>The one thing that a shard is told to do from outside; answered with <see cref="Resumed"/>.</summary>
internal sealed class ResumeCopying
{
    public static readonly ResumeCopying Instance = new();
}

/// <summary>Whether the shard had stopped to open replicas, and does so again.</summary>
internal sealed record Resumed(bool WasStopped);

/// <summary>There is no such session, or it ended too long ago.</summary>
internal sealed class NoSuchSession
{
    public static readonly NoSuchSession Instance = new();
}

/// <summary>Too many ask at once.</summary>
internal sealed class Busy
{
    public static readonly Busy Instance = new();
}

/// <summary>Asks the node for its shards, in their order.</summary>
internal sealed class GetShards
{
    public static readonly GetShards Instance = new();
}
