using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Simulation;

/// <summary>Watches both ends of the engine: what it sends is judged whether it arrives or not, and what it hears is added up.</summary>
internal sealed class Witness(SimulatedNetwork network)
{
    private readonly Dictionary<TargetConnection, Ledger> _heard = [];
    private uint _timestamp;
    private bool _hasTimestamp;
    private SeqNumber _replicaStart;
    private SeqNumber? _windowEdge;
    private byte _windowScale;

    /// <summary>The fewest and the most bytes that the engine may count as acknowledged.</summary>
    public (long Least, long Most) Heard
    {
        get
        {
            var (least, most) = (0L, 0L);
            foreach (var (connection, heard) in _heard)
            {
                // The place of the FIN is no byte.
                most += Math.Min(heard.Most, connection.End.ReceivedBytes);
                least += Math.Min(heard.Least, connection.End.ReceivedBytes);
            }
            return (least, most);
        }
    }

    /// <summary>A packet reaches the engine.</summary>
    public void OnReply(TargetConnection? connection, in ReplyHeader reply)
    {
        if (connection is null || !reply.Flags.Has(TcpFlags.Ack))
        {
            // A host that knows no connection ends whatever the engine has.
            EndAll();
            return;
        }
        if (!_heard.TryGetValue(connection, out var heard))
            _heard[connection] = heard = new Ledger();
        var acknowledged = reply.Acknowledgement - connection.First;
        heard.Most = Math.Max(heard.Most, acknowledged);
        heard.IsOpen |= reply.Flags.Has(TcpFlags.Syn);
        // What overtakes the SYN-ACK is not believed (RFC 9293 section 3.10.7.3), nor a reset out of place with what it acknowledges.
        if (heard.IsOpen && !heard.IsOver && !reply.Flags.Has(TcpFlags.Rst))
            heard.Least = Math.Max(heard.Least, acknowledged);
        heard.IsOver |= reply.Flags.Has(TcpFlags.Rst);
        if (connection.First == _replicaStart + 1 && !reply.Flags.Has(TcpFlags.Rst))
            OpenWindow(reply);
    }

    /// <summary>A packet leaves the engine.</summary>
    public void OnSent(in OutgoingSegment packet, byte[] payload)
    {
        if (packet.Flags.Has(TcpFlags.Rst))
            EndAll();
        var offset = packet.Sequence - (network.Client.Start + 1);
        var stream = network.Client.Stream;
        var isInStream = offset >= 0 && offset + payload.Length <= stream.Length;
        if (payload.Length > 0 && !(isInStream && payload.AsSpan().SequenceEqual(stream.AsSpan(offset, payload.Length))))
            network.Accuse($"sends {payload.Length} bytes at {offset} that are not the client's");
        JudgeWindow(packet, payload.Length, offset);
        if (!packet.Options.HasTimestamps)
            return;
        // RFC 7323 section 5.4: the clock never runs back.
        if (_hasTimestamp && unchecked((int)(packet.Options.TimestampValue - _timestamp)) < 0)
            network.Accuse($"its timestamps run back from {_timestamp} to {packet.Options.TimestampValue}");
        (_timestamp, _hasTimestamp) = (packet.Options.TimestampValue, true);
    }

    /// <summary>The window as the engine has heard of it: the target may have opened it further, in an ACK that is still under way.</summary>
    private void OpenWindow(in ReplyHeader reply)
    {
        if (_windowEdge is { } edge && !reply.Flags.Has(TcpFlags.Syn))
            _windowEdge = SeqNumber.Max(edge, reply.Acknowledgement + (reply.Window << _windowScale));
        else if (_windowEdge is null && reply.Flags.Has(TcpFlags.Syn))
            // RFC 7323 section 2.2: the window of a SYN-ACK is not scaled.
            (_windowEdge, _windowScale) = (reply.Acknowledgement + reply.Window, reply.Options.HasWindowScale ? reply.Options.WindowScale : (byte)0);
    }

    private void JudgeWindow(in OutgoingSegment packet, int length, int offset)
    {
        if (packet.Flags.Has(TcpFlags.Syn))
            (_replicaStart, _windowEdge) = (packet.Sequence, null);
        if (length == 0)
            return;
        if (_windowEdge is not { } edge)
            network.Accuse($"sends {length} bytes at {offset} before the target has answered the SYN");
        // RFC 9293 section 3.8.6.1: a byte may probe a window that is shut.
        else if (packet.Sequence + length > edge && !(length == 1 && packet.Sequence == edge))
            network.Accuse($"sends {length} bytes at {offset} beyond the window that it knows of, which ends at {edge - (network.Client.Start + 1)}");
    }

    private void EndAll()
    {
        foreach (var heard in _heard.Values)
            heard.IsOver = true;
    }

    /// <summary>Bytes of one connection that the engine was told to be acknowledged.</summary>
    private sealed class Ledger
    {
        public long Most { get; set; }

        /// <summary>Before either side reset.</summary>
        public long Least { get; set; }

        /// <summary>The SYN-ACK has come.</summary>
        public bool IsOpen { get; set; }

        public bool IsOver { get; set; }
    }
}
