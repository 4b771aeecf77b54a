using System.Buffers;
using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Simulation;

/// <summary>
/// A very plain TCP server end, written from RFC 9293 alone and shared with nothing: it keeps whole byte strings and 64-bit stream offsets
/// (0 is the SYN, 1 the first byte), acknowledges every packet, sends within a fixed window and goes back to the first lost byte on time-out.
/// </summary>
public sealed class ReferenceTarget(Timeline timeline, TargetTraits traits, Action<ReplyHeader> send)
{
    private static readonly TimeSpan RetransmissionTimeout = TimeSpan.FromMilliseconds(250);

    private readonly SortedDictionary<long, byte[]> _early = [];
    private readonly ArrayBufferWriter<byte> _received = new();
    private readonly SeqNumber _start = new(0xFFFF_F000);
    private uint _clientStart;
    private long _expected = -1;
    private long _finAt = -1;
    private long _read;
    private long _acknowledged;
    private long _sent;
    private long _written = 1;
    private long _finOffset = -1;
    private long _latest;
    private int _duplicates;
    private long _timer;
    private uint _echo;
    private byte _peerScale;
    private long _peerWindow = 65_535;

    /// <summary>Called when the connection is open, and when more of the client's bytes, or its FIN, have come in order.</summary>
    public Action? OnProgress { get; set; }

    public byte[] Received => _received.WrittenSpan.ToArray();

    public long ReceivedBytes => _received.WrittenCount;

    public bool ClientFinished => _finAt >= 0 && _expected > _finAt;

    public bool WasReset { get; private set; }

    /// <summary>Bytes of answers that the peer has acknowledged.</summary>
    public long AcknowledgedBytes => Math.Max(0, Math.Min(_acknowledged, _written) - 1);

    public bool IsAllAcknowledged => _finOffset >= 0 && _acknowledged > _finOffset;

    /// <summary>The server answers with this many bytes.</summary>
    public void Write(int bytes)
    {
        _written += bytes;
        Push();
    }

    public void Close()
    {
        _finOffset = _written;
        Push();
    }

    /// <summary>The application takes bytes out of the receive buffer: the window opens.</summary>
    public void Read(int bytes)
    {
        var wasShut = Window() == 0;
        _read = Math.Min(_read + bytes, ReceivedBytes);
        if (wasShut && Window() > 0)
            Acknowledge();
    }

    public void OnPacket(in OutgoingSegment packet, byte[] payload)
    {
        if (WasReset)
            return;
        if (packet.Flags.Has(TcpFlags.Syn))
        {
            OnSyn(packet);
            return;
        }
        if (_expected < 0)
            return;
        var offset = Unwrap(packet.Sequence.Value - _clientStart, _expected);
        if (packet.Flags.Has(TcpFlags.Rst))
        {
            WasReset = offset == _expected;
            return;
        }
        if (packet.Options.HasTimestamps && offset <= _expected)
            _echo = packet.Options.TimestampValue;
        OnAcknowledgement(packet, payload.Length);
        OnData(offset, payload, packet.Flags.Has(TcpFlags.Fin));
    }

    private void OnSyn(in OutgoingSegment packet)
    {
        // RFC 9293 section 3.10.7.4: a SYN on an open connection is challenged.
        if (_expected >= 0 && packet.Sequence.Value != _clientStart)
        {
            Acknowledge();
            return;
        }
        _clientStart = packet.Sequence.Value;
        _peerScale = packet.Options.HasWindowScale ? packet.Options.WindowScale : (byte)0;
        _peerWindow = packet.Window;
        _echo = packet.Options.TimestampValue;
        _expected = Math.Max(_expected, 1);
        _sent = Math.Max(_sent, 1);
        Emit(0, 0, TcpFlags.Syn | TcpFlags.Ack);
        Arm();
    }

    private void OnData(long offset, byte[] payload, bool fin)
    {
        if (payload.Length == 0 && !fin)
        {
            if (offset < _expected)
                Acknowledge();
            return;
        }
        if (fin)
            _finAt = offset + payload.Length;
        var before = _expected;
        _latest = offset;
        if (payload.Length > 0 && offset + payload.Length <= _expected + Window())
            _early[offset] = _early.TryGetValue(offset, out var known) && known.Length > payload.Length ? known : payload;
        TakeInOrder();
        if (_finAt == _expected)
            _expected++;
        Acknowledge();
        if (_expected > before)
            OnProgress?.Invoke();
    }

    private void TakeInOrder()
    {
        while (_early.Count > 0 && _early.First() is var (offset, bytes) && offset <= _expected)
        {
            _early.Remove(offset);
            var skip = (int)Math.Min(bytes.Length, _expected - offset);
            _received.Write(bytes.AsSpan(skip));
            _expected += bytes.Length - skip;
        }
        if (traits.ReadsAtOnce)
            _read = ReceivedBytes;
    }

    private void OnAcknowledgement(in OutgoingSegment packet, int payloadLength)
    {
        var offset = Unwrap(packet.Acknowledgement.Value - _start.Value, _acknowledged);
        if (offset > _written + 1)
            return;
        _peerWindow = (long)packet.Window << _peerScale;
        if (offset > _acknowledged)
        {
            _acknowledged = offset;
            _sent = Math.Max(_sent, offset);
            _duplicates = 0;
            Arm();
            if (offset == 1)
                OnProgress?.Invoke();
        }
        else if (offset == _acknowledged && _sent > offset && payloadLength == 0 && ++_duplicates == 3)
        {
            SendOne(_acknowledged);
        }
        Push();
    }

    private void Push()
    {
        if (_acknowledged == 0)
            return;
        var window = Math.Min(_peerWindow, traits.SendWindow);
        var end = _finOffset >= 0 ? _finOffset + 1 : _written;
        while (_sent < end && _sent - _acknowledged < window)
            _sent = SendOne(_sent);
        Arm();
    }

    private long SendOne(long offset)
    {
        if (offset == 0)
        {
            Emit(0, 0, TcpFlags.Syn | TcpFlags.Ack);
            return 1;
        }
        if (offset == _finOffset)
        {
            Emit(offset, 0, TcpFlags.Fin | TcpFlags.Ack);
            return offset + 1;
        }
        var length = (int)Math.Min(traits.ReplySize, _written - offset);
        Emit(offset, length, offset + length == _written ? TcpFlags.Ack | TcpFlags.Psh : TcpFlags.Ack);
        return offset + length;
    }

    private void Acknowledge() => Emit(_sent, 0, TcpFlags.Ack);

    private void Emit(long offset, int length, TcpFlags flags)
    {
        var isSyn = flags.Has(TcpFlags.Syn);
        var reply = new ReplyHeader
        {
            Sequence = new SeqNumber(unchecked(_start.Value + (uint)offset)),
            Acknowledgement = new SeqNumber(unchecked(_clientStart + (uint)_expected)),
            Flags = flags,
            PayloadLength = length,
            Window = (ushort)Math.Min(ushort.MaxValue, isSyn ? Window() : Window() >> traits.WindowScale),
        };
        reply.Options.HasTimestamps = traits.Timestamps;
        reply.Options.TimestampValue = (uint)(timeline.Now.Ticks / TimeSpan.TicksPerMillisecond);
        reply.Options.TimestampEcho = _echo;
        if (traits.Sack && !isSyn)
            WriteSack(ref reply.Options);
        if (isSyn)
        {
            reply.Options.SackPermitted = traits.Sack;
            reply.Options.Mss = traits.Mss;
            reply.Options.HasWindowScale = true;
            reply.Options.WindowScale = traits.WindowScale;
        }
        send(reply);
    }

    private void WriteSack(ref TcpOptions options)
    {
        var ranges = new List<(long Left, long Right)>();
        foreach (var (offset, bytes) in _early)
        {
            if (ranges.Count > 0 && ranges[^1].Right >= offset)
                ranges[^1] = (ranges[^1].Left, Math.Max(ranges[^1].Right, offset + bytes.Length));
            else
                ranges.Add((offset, offset + bytes.Length));
        }
        ranges.Sort((one, other) => HasLatest(other).CompareTo(HasLatest(one)));
        foreach (var (left, right) in ranges.Take(3))
            options.Sack[options.SackCount++] = new SackBlock(ClientPosition(left), ClientPosition(right));
    }

    private bool HasLatest((long Left, long Right) range) => range.Left <= _latest && _latest < range.Right;

    private SeqNumber ClientPosition(long offset) => new(unchecked(_clientStart + (uint)offset));

    private long Window() => Math.Max(0, traits.ReceiveBuffer - (ReceivedBytes - _read));

    private void Arm()
    {
        var armed = ++_timer;
        if (_acknowledged < _sent)
            timeline.After(RetransmissionTimeout, () => OnTimer(armed));
    }

    private void OnTimer(long armed)
    {
        if (armed != _timer || WasReset)
            return;
        _sent = SendOne(_acknowledged);
        _duplicates = 0;
        Arm();
    }

    private static long Unwrap(uint value, long near) => near + unchecked((int)(value - (uint)near));
}

/// <param name="Mss">Option in its SYN-ACK.</param>
/// <param name="ReplySize">Largest reply packet; above the MSS it is what a stack hands to a device that cuts it.</param>
/// <param name="SendWindow">Bytes in flight at most.</param>
/// <param name="ReceiveBuffer">Bytes it takes before the application reads.</param>
/// <param name="WindowScale">Shift of its window fields.</param>
/// <param name="Timestamps">Whether it takes up RFC 7323.</param>
/// <param name="Sack">Whether it takes up RFC 2018.</param>
/// <param name="ReadsAtOnce">False: the application reads when told to.</param>
public sealed record TargetTraits(
    ushort Mss = 1460,
    int ReplySize = 1448,
    int SendWindow = 14_480,
    int ReceiveBuffer = 262_144,
    byte WindowScale = 4,
    bool Timestamps = true,
    bool Sack = true,
    bool ReadsAtOnce = true);
