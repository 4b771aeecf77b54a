using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

internal enum ClientEndKind : byte
{
    /// <summary>The client has not closed.</summary>
    Open,
    Fin,
    Reset,
}

/// <summary>How and where the client ended its stream.</summary>
/// <param name="Kind">What the client sent.</param>
/// <param name="At">Position behind its last byte of data.</param>
/// <param name="CapturedAt">When it was captured.</param>
/// <param name="Seen">The online host's position that it acknowledged; null when it acknowledged nothing.</param>
internal readonly record struct ClientEnd(ClientEndKind Kind, SeqNumber At, Instant CapturedAt, SeqNumber? Seen);
