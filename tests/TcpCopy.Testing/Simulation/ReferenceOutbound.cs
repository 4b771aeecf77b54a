using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Simulation;

/// <summary>
/// The sending half of the reference TCP, on 64-bit offsets: 0 is its SYN, 1 the first byte of its answers. It sends within a fixed window, repeats the
/// first lost segment at three duplicate ACKs and at each partial one (RFC 6582), and goes back to it on time-out (RFC 6298).
/// </summary>
/// <param name="timeline">The clock.</param>
/// <param name="traits">Its own window and segment size.</param>
/// <param name="emit">Sends so many bytes from an offset on, with these flags.</param>
internal sealed class ReferenceOutbound(Timeline timeline, TargetTraits traits, Action<long, int, TcpFlags> emit)
{
    private static readonly TimeSpan LongestRto = TimeSpan.FromSeconds(4);

    private TimeSpan _rto = traits.Rto;
    private long _acknowledged;
    private long _next = 1;
    private long _highest = 1;
    private long _written = 1;
    private long _finOffset = -1;
    private long _recoverTo;
    private long _timer;
    private int _duplicates;
    private long _peerWindow;

    /// <summary>SND.UNA.</summary>
    public long Acknowledged => _acknowledged;

    /// <summary>Behind everything ever sent: the place of a bare ACK.</summary>
    public long Highest => _highest;

    /// <summary>The peer has answered the SYN.</summary>
    public bool IsOpen => _acknowledged > 0;

    public bool HasFinished => _finOffset >= 0;

    public bool IsFinAcknowledged => _finOffset >= 0 && _acknowledged > _finOffset;

    public long AcknowledgedBytes => Math.Max(0, Math.Min(_acknowledged, _written) - 1);

    public long WrittenBytes => _written - 1;

    public void Open(long peerWindow)
    {
        _peerWindow = peerWindow;
        SendOne(0);
        Arm();
    }

    public void Write(int bytes)
    {
        _written += bytes;
        Push();
    }

    public void Finish()
    {
        _finOffset = _finOffset < 0 ? _written : _finOffset;
        Push();
    }

    /// <summary>The connection is no more.</summary>
    public void Stop() => _timer++;

    /// <summary>Takes an acknowledgement up to <paramref name="offset"/>, which must have been sent.</summary>
    /// <param name="offset">Next offset that the peer expects.</param>
    /// <param name="window">Bytes that it takes from there on.</param>
    /// <param name="isBare">The packet brought nothing else.</param>
    public void OnAcknowledgement(long offset, long window, bool isBare)
    {
        if (offset < _acknowledged)
            return;
        _peerWindow = window;
        if (offset > _acknowledged)
        {
            _acknowledged = offset;
            _next = Math.Max(_next, offset);
            _rto = traits.Rto;
            _duplicates = 0;
            if (offset < _recoverTo)
                SendOne(offset);
            Arm();
        }
        else if (_highest > offset && isBare && ++_duplicates == 3 && offset >= _recoverTo)
        {
            _recoverTo = _highest;
            SendOne(offset);
        }
        Push();
    }

    private void Push()
    {
        if (!IsOpen)
            return;
        var window = Math.Min(_peerWindow, traits.SendWindow);
        var end = _finOffset >= 0 ? _finOffset + 1 : _written;
        var before = _next;
        while (_next < end && _next - _acknowledged < window)
            _next = SendOne(_next);
        if (_next > before)
            Arm();
    }

    private long SendOne(long offset)
    {
        var length = offset == 0 || offset == _finOffset ? 0 : (int)Math.Min(traits.ReplySize, _written - offset);
        if (offset == 0)
            emit(0, 0, TcpFlags.Syn | TcpFlags.Ack);
        else if (length == 0)
            emit(offset, 0, TcpFlags.Fin | TcpFlags.Ack);
        else
            emit(offset, length, offset + length == _written ? TcpFlags.Ack | TcpFlags.Psh : TcpFlags.Ack);
        var end = offset + Math.Max(1, length);
        _highest = Math.Max(_highest, end);
        return end;
    }

    private void Arm()
    {
        var armed = ++_timer;
        if (_acknowledged < _highest)
            timeline.After(IsOpen ? _rto : 4 * _rto, () => OnTimer(armed));
    }

    private void OnTimer(long armed)
    {
        if (armed != _timer)
            return;
        _rto = _rto * 2 < LongestRto ? _rto * 2 : LongestRto;
        _duplicates = 0;
        _recoverTo = _highest;
        _next = SendOne(_acknowledged);
        Arm();
    }
}
