using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Simulation;

/// <summary>
/// One connection of a plain TCP server, written from the RFCs alone and sharing nothing with the engine but the form of a header. It judges what the
/// peer sends: what a TCP must not send is told to <paramref name="accuse"/>.
/// </summary>
/// <param name="timeline">The clock.</param>
/// <param name="traits">What kind of TCP it is.</param>
/// <param name="start">Its initial sequence number.</param>
/// <param name="send">Takes its packets.</param>
/// <param name="accuse">Takes complaints about the peer.</param>
public sealed class ReferenceTarget(Timeline timeline, TargetTraits traits, SeqNumber start, Action<ReplyHeader> send, Action<string> accuse)
{
    private readonly ReferenceInbound _inbound = new(traits);
    private ReferenceOutbound? _outbound;
    private uint _clientStart;
    private bool _hasTimestamps;
    private bool _hasSack;
    private byte _scale;
    private byte _peerScale;
    private uint _recentTimestamp;
    private long _lastAcknowledged = 1;
    private int _unacknowledged;
    private long _ackTimer;
    private bool _isTaking;

    /// <summary>Called when the connection is open, and when more of the client's bytes, or its FIN, have come in order.</summary>
    public Action? OnProgress { get; set; }

    /// <summary>Asked for each packet whether what is held behind a hole is to be thrown away.</summary>
    public Func<bool> TakesBack { get; set; } = () => false;

    public ReadOnlySpan<byte> Received => _inbound.Received;

    public long ReceivedBytes => _inbound.ReceivedBytes;

    public long ReadBytes => _inbound.ReadBytes;

    public long UnreadBytes => _inbound.UnreadBytes;

    public bool ClientFinished => _inbound.IsFinished;

    public bool WasReset { get; private set; }

    /// <summary>Bytes of answers written.</summary>
    public long WrittenBytes => Outbound.WrittenBytes;

    /// <summary>Bytes of answers that the peer has acknowledged.</summary>
    public long AcknowledgedBytes => Outbound.AcknowledgedBytes;

    public bool IsOpen => Outbound.IsOpen && !WasReset;

    /// <summary>Both sides have finished and heard so, or one has reset: what comes now belongs to no connection (or to TIME-WAIT).</summary>
    public bool IsOver => WasReset || (ClientFinished && Outbound.IsFinAcknowledged);

    private ReferenceOutbound Outbound => _outbound ??= new(timeline, traits, Emit);

    /// <summary>The client's first SYN opens the connection.</summary>
    public void Open(in OutgoingSegment syn)
    {
        _clientStart = syn.Sequence.Value;
        _hasTimestamps = traits.Timestamps && syn.Options.HasTimestamps;
        _hasSack = traits.Sack && syn.Options.SackPermitted;
        // RFC 7323 section 2.2: scaling holds in both directions or in none.
        var isScaled = traits.WindowScale is not null && syn.Options.HasWindowScale;
        _scale = isScaled ? traits.WindowScale ?? 0 : (byte)0;
        _peerScale = isScaled ? syn.Options.WindowScale : (byte)0;
        _recentTimestamp = syn.Options.TimestampValue;
        Outbound.Open(syn.Window);
    }

    /// <summary>The server answers with this many bytes.</summary>
    public void Write(int bytes) => Outbound.Write(bytes);

    public void Close()
    {
        if (!WasReset)
            Outbound.Finish();
    }

    public void Reset()
    {
        if (WasReset)
            return;
        Emit(Outbound.Highest, 0, TcpFlags.Rst | TcpFlags.Ack);
        End();
    }

    /// <summary>The application takes bytes out of the receive buffer.</summary>
    public void Read(long bytes)
    {
        _inbound.Read(bytes);
        if (_inbound.HasNews && !WasReset && !_isTaking)
            Acknowledge();
    }

    public void OnPacket(in OutgoingSegment packet, byte[] payload)
    {
        if (WasReset)
            return;
        var offset = Unwrap(packet.Sequence.Value - _clientStart, _inbound.Expected);
        var hasFin = packet.Flags.Has(TcpFlags.Fin);
        Judge(packet, offset, payload.Length);
        // RFC 7323 section 5.3: an old timestamp is an old packet, unless it is a reset.
        if (IsOld(packet) || !IsAcceptable(packet, offset, payload.Length + (hasFin ? 1 : 0)))
        {
            if (!packet.Flags.Has(TcpFlags.Rst))
                Acknowledge();
            return;
        }
        if (_hasTimestamps && packet.Options.HasTimestamps && offset <= _lastAcknowledged)
            _recentTimestamp = packet.Options.TimestampValue;
        if (packet.Flags.Has(TcpFlags.Rst))
            OnReset(offset);
        else if (packet.Flags.Has(TcpFlags.Syn))
            OnSyn(offset);
        else if (packet.Flags.Has(TcpFlags.Ack))
            OnSegment(packet, offset, payload, hasFin);
    }

    private bool IsAcceptable(in OutgoingSegment packet, long offset, int length) =>
        (packet.Flags.Has(TcpFlags.Syn) && offset == 0) || _inbound.IsAcceptable(offset, length);

    private bool IsOld(in OutgoingSegment packet) =>
        _hasTimestamps && packet.Options.HasTimestamps && !packet.Flags.Has(TcpFlags.Rst | TcpFlags.Syn)
        && unchecked((int)(packet.Options.TimestampValue - _recentTimestamp)) < 0;

    /// <summary>RFC 5961 section 3.2: only a reset at the very place expected is taken; another one in the window is challenged.</summary>
    private void OnReset(long offset)
    {
        if (offset == _inbound.Expected)
            End();
        else
            Acknowledge();
    }

    /// <summary>RFC 5961 section 4.2: a SYN on an open connection is challenged; on one that opens it is the same SYN once more.</summary>
    private void OnSyn(long offset)
    {
        if (offset == 0 && !Outbound.IsOpen)
            Emit(0, 0, TcpFlags.Syn | TcpFlags.Ack);
        else
            Acknowledge();
    }

    private void OnSegment(in OutgoingSegment packet, long offset, byte[] payload, bool hasFin)
    {
        var acknowledged = Unwrap(packet.Acknowledgement.Value - start.Value, Outbound.Acknowledged);
        if (acknowledged > Outbound.Highest && !Outbound.IsOpen)
        {
            // RFC 9293 section 3.10.7.4: in SYN-RECEIVED, where it may well be late from the connection before.
            send(new ReplyHeader { Sequence = packet.Acknowledgement, Flags = TcpFlags.Rst });
            return;
        }
        if (acknowledged > Outbound.Highest)
        {
            accuse($"acknowledges {acknowledged}, and {Outbound.Highest} is all that was sent");
            Acknowledge();
            return;
        }
        var wasOpen = Outbound.IsOpen;
        Outbound.OnAcknowledgement(acknowledged, (long)packet.Window << _peerScale, payload.Length == 0 && !hasFin);
        if (payload.Length > 0 || hasFin)
            OnData(offset, payload, hasFin);
        if (!wasOpen && Outbound.IsOpen)
            OnProgress?.Invoke();
    }

    private void OnData(long offset, byte[] payload, bool hasFin)
    {
        if (traits.ResetsDataBehindItsFin && Outbound.HasFinished && offset + payload.Length > _inbound.Expected)
        {
            Reset();
            return;
        }
        if (TakesBack())
            _inbound.TakeBack();
        var before = _inbound.Expected;
        var isInOrder = _inbound.Take(offset, payload, hasFin);
        _isTaking = true;
        // The application may read before the ACK leaves, which then tells the window.
        if (_inbound.Expected > before)
            OnProgress?.Invoke();
        _isTaking = false;
        if (WasReset)
            return;
        if (isInOrder && traits.DelayedAck > TimeSpan.Zero && ++_unacknowledged < 2 && !ClientFinished)
            DelayAck();
        else
            Acknowledge();
    }

    private void DelayAck()
    {
        var armed = ++_ackTimer;
        timeline.After(traits.DelayedAck, () =>
        {
            if (armed == _ackTimer && !WasReset)
                Acknowledge();
        });
    }

    /// <summary>What a TCP must not send, whatever the network does.</summary>
    private void Judge(in OutgoingSegment packet, long offset, int length)
    {
        var name = $"segment {offset}:{offset + length}";
        var options = (_hasTimestamps ? 12 : 0) + (packet.Options.SackCount > 0 ? 4 + (8 * packet.Options.SackCount) : 0);
        // RFC 6691: options count; RFC 9293 section 3.7.1: without the option it is 536.
        var mss = traits.Mss == 0 ? 536 : traits.Mss;
        if (length > 0 && length + options > mss)
            accuse($"{name} and {options} bytes of options exceed the MSS of {mss}");
        // RFC 9293 section 3.8.6.1: one byte may probe a shut window, and what carries no byte follows it.
        var end = offset + length;
        if (length > 0 && end > _inbound.AnnouncedEdge && !(length == 1 && offset == _inbound.AnnouncedEdge))
            accuse($"{name} goes beyond the window, which ends at {_inbound.AnnouncedEdge}");
        if (_hasTimestamps && !packet.Options.HasTimestamps && !packet.Flags.Has(TcpFlags.Rst))
            accuse($"{name} has no timestamps (RFC 7323 section 3.2)");
        if (!_hasTimestamps && !packet.Flags.Has(TcpFlags.Syn) && packet.Options.HasTimestamps)
            accuse($"{name} has timestamps that were not agreed");
        if (!_hasSack && packet.Options.SackCount > 0)
            accuse($"{name} has SACK blocks that were not agreed");
    }

    private void End()
    {
        WasReset = true;
        _ackTimer++;
        Outbound.Stop();
    }

    private void Acknowledge() => Emit(Outbound.Highest, 0, TcpFlags.Ack);

    private void Emit(long offset, int length, TcpFlags flags)
    {
        var isSyn = flags.Has(TcpFlags.Syn);
        var reply = new ReplyHeader
        {
            Sequence = new SeqNumber(unchecked(start.Value + (uint)offset)),
            Acknowledgement = ClientPosition(_inbound.Expected),
            Flags = flags,
            PayloadLength = length,
            Window = _inbound.Announce(isSyn ? 0 : _scale),
        };
        reply.Options.HasTimestamps = _hasTimestamps;
        reply.Options.TimestampValue = (uint)(timeline.Now.Ticks / TimeSpan.TicksPerMillisecond);
        reply.Options.TimestampEcho = _recentTimestamp;
        if (_hasSack && !flags.Has(TcpFlags.Syn | TcpFlags.Rst))
            WriteSack(ref reply.Options);
        if (isSyn)
        {
            reply.Options.SackPermitted = _hasSack;
            reply.Options.Mss = traits.Mss;
            reply.Options.HasWindowScale = traits.WindowScale is not null;
            reply.Options.WindowScale = traits.WindowScale ?? 0;
        }
        _lastAcknowledged = _inbound.Expected;
        _unacknowledged = 0;
        _ackTimer++;
        send(reply);
    }

    private void WriteSack(ref TcpOptions options)
    {
        foreach (var (left, right) in _inbound.Holds(_hasTimestamps ? 3 : 4))
            options.Sack[options.SackCount++] = new SackBlock(ClientPosition(left), ClientPosition(right));
    }

    private SeqNumber ClientPosition(long offset) => new(unchecked(_clientStart + (uint)offset));

    private static long Unwrap(uint value, long near) => near + unchecked((int)(value - (uint)near));
}
