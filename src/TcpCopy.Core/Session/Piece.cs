using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// A run of the client's stream that one captured segment brought first. Every piece has one hold on its segment.
/// </summary>
/// <param name="Source">The captured segment.</param>
/// <param name="Start">Position of the run's first byte in sequence space.</param>
/// <param name="Offset">Where the run starts within the segment's payload.</param>
/// <param name="Length">Bytes of the run, at least 1.</param>
internal readonly record struct Piece(Segment Source, SeqNumber Start, int Offset, int Length)
{
    public SeqNumber End => Start + Length;

    /// <summary>The online host's position that the client had acknowledged with it; null when it acknowledged nothing.</summary>
    public SeqNumber? Seen => Source.Seen;

    public ReadOnlySpan<byte> Bytes(SeqNumber from, SeqNumber to) => Source.Payload.Slice(Offset + (from - Start), to - from);
}
