using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Sessions;

/// <summary>A reply header on its way to its session; pooled by the shard, which the session gives it back to.</summary>
internal sealed class ReplyMessage
{
    private ReplyHeader _header;

    public ref ReplyHeader Header => ref _header;
}

/// <summary>A header that the online host answered a client with, on its way to the session that compares; pooled like replies.</summary>
internal sealed class OnlineAnswer
{
    private ReplyHeader _header;

    /// <summary>The captured connection.</summary>
    public FlowKey Flow { get; set; }

    public Instant CapturedAt { get; set; }

    public ref ReplyHeader Header => ref _header;
}

/// <summary>The online host has reset the connection: its client has nothing more to say, and will not say so.</summary>
/// <param name="Flow">The captured connection.</param>
internal sealed record OnlineReset(FlowKey Flow);

/// <summary>The session's deadline is due.</summary>
internal sealed class Wake
{
    public static readonly Wake Instance = new();
}

/// <summary>The kernel refused one of the session's packets.</summary>
internal sealed record SendFailed(int Errno);

/// <summary>The client has opened another connection on the session's ports: it says nothing more on this one.</summary>
internal sealed class Superseded
{
    public static readonly Superseded Instance = new();
}

/// <summary>The predecessor on the same ports has closed its replica: the target is free for this one's SYN.</summary>
internal sealed class Begin
{
    public static readonly Begin Instance = new();
}

/// <summary>No memory is left for what the client sends: what the session holds is given back.</summary>
internal sealed class ShedSession
{
    public static readonly ShedSession Instance = new();
}

/// <summary>The session is picked no more: close towards the target.</summary>
internal sealed class SampleOut
{
    public static readonly SampleOut Instance = new();
}

/// <summary>The copier stops: close towards the target.</summary>
internal sealed class StopSession
{
    public static readonly StopSession Instance = new();
}
