using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>How much the target takes: its announced window, scaled (RFC 7323 section 2), from the newest packet that says so.</summary>
internal struct PeerWindow
{
    private byte _scale;
    private SeqNumber _sequence;
    private SeqNumber _acknowledgement;

    /// <summary>Bytes beyond the acknowledgement that came with it.</summary>
    public int Bytes { get; private set; }

    /// <summary>The largest seen: the target's buffer, for the sender's side of silly-window avoidance.</summary>
    public int Largest { get; private set; }

    /// <summary>A SYN's window is never scaled (RFC 7323 section 2.2).</summary>
    public static PeerWindow Start(in ReplyHeader synAck) => new()
    {
        _scale = synAck.Options.HasWindowScale ? Math.Min(synAck.Options.WindowScale, TcpOptions.MaxWindowScale) : (byte)0,
        _sequence = synAck.Sequence,
        _acknowledgement = synAck.Acknowledgement,
        Bytes = synAck.Window,
        Largest = synAck.Window,
    };

    /// <summary>Takes over the window of <paramref name="reply"/> unless an older packet was overtaken (SND.WL1, SND.WL2 of RFC 9293).</summary>
    /// <returns>True when the window differs from the one before.</returns>
    public bool Update(in ReplyHeader reply)
    {
        var isNewer = _sequence < reply.Sequence || (_sequence == reply.Sequence && _acknowledgement <= reply.Acknowledgement);
        // A packet that acknowledges more is newer whatever its sequence number: the target may have sent data again.
        if (!isNewer && reply.Acknowledgement <= _acknowledgement)
            return false;
        var before = Bytes;
        _sequence = SeqNumber.Max(_sequence, reply.Sequence);
        _acknowledgement = reply.Acknowledgement;
        Bytes = reply.Window << _scale;
        Largest = Math.Max(Largest, Bytes);
        return Bytes != before;
    }
}
