using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Session;

/// <summary>
/// Leases segments and counts them back. A returned payload is overwritten, so that bytes sent after their release show as wrong bytes; a
/// double release throws in the segment itself.
/// </summary>
public sealed class SegmentLeases : ISegmentOwner
{
    private const byte Poison = 0xEE;

    public int Outstanding { get; private set; }

    public int Leased { get; private set; }

    public Segment Lease(ReadOnlySpan<byte> payload)
    {
        Outstanding++;
        Leased++;
        var segment = new Segment { Buffer = payload.ToArray(), PayloadLength = payload.Length };
        segment.Lease(this);
        return segment;
    }

    public void Return(Segment segment)
    {
        Outstanding--;
        segment.Buffer.AsSpan().Fill(Poison);
    }
}
