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
/// <param name="Answer">Reply bytes that it had acknowledged since its last data, as in <see cref="Boundary"/>.</param>
internal readonly record struct ClientEnd(ClientEndKind Kind, SeqNumber At, Instant CapturedAt, int Answer);
