namespace TcpCopy.Core.Session;

/// <summary>What is to be done with a packet of the target's (RFC 9293 section 3.10.7.4, its first checks).</summary>
internal enum ReplyVerdict : byte
{
    /// <summary>It belongs to the connection as it stands.</summary>
    Take,

    /// <summary>It says nothing and wants nothing.</summary>
    Ignore,

    /// <summary>It is not taken, but a bare ACK tells the target where we stand.</summary>
    Answer,

    /// <summary>A reset that is to be believed.</summary>
    Reset,
}
