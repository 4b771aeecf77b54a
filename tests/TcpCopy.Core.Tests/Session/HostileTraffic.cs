using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Session;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>Segments and replies drawn at random around what the session has seen and sent, with time that passes in leaps.</summary>
internal sealed class HostileTraffic
{
    private const int Reach = 6_000;

    private static readonly TcpFlags[] ClientFlags =
    [
        TcpFlags.Ack, TcpFlags.Ack, TcpFlags.Ack | TcpFlags.Psh, TcpFlags.Ack | TcpFlags.Psh, TcpFlags.Ack | TcpFlags.Urg, TcpFlags.None,
        TcpFlags.Ack | TcpFlags.Fin, TcpFlags.Rst, TcpFlags.Syn, TcpFlags.Syn | TcpFlags.Fin | TcpFlags.Ack, (TcpFlags)0xFF,
    ];

    private readonly SettledBooks _books = new();
    private readonly Random _random;
    private readonly Parts _parts;
    private readonly int _bound;
    private SeqNumber _clientAt;
    private SeqNumber _seen = new(0xFFFF_FFFB);
    private SeqNumber _targetAt = new(0xFFFF_FFF0);
    private SeqNumber _sentTo;
    private Instant _now = new(TimeSpan.FromHours(1).Ticks);

    public HostileTraffic(Random random)
    {
        _random = random;
        _clientAt = _sentTo = new SeqNumber((uint)random.Next(3) switch { 0 => 0u, 1 => 0xFFFF_FFF0u, _ => (uint)random.Next() });
        var settings = new SessionSettings
        {
            Pacing = (PacingMode)random.Next(3),
            CongestionWindow = random.Next(2) == 0,
            FullSessionsOnly = random.Next(4) == 0,
            ReopenOnTargetClose = random.Next(2) == 0,
            MaxBufferedBytes = random.Next(4) == 0 ? 10_000 : 1 << 20,
            GiveUpAfter = TimeSpan.FromSeconds(random.Next(1, 60)),
        };
        _bound = settings.MaxBufferedBytes;
        _parts = new Parts(new ReplaySession(settings, (uint)random.Next()), new SessionOutput(), new SegmentLeases());
    }

    public void Run()
    {
        if (_random.Next(5) > 0)
            Open();
        for (var step = _random.Next(1, 120); step > 0; step--)
            Step();
        _parts.Session.Abort(SessionOutcome.Stopped, _parts.Output);
        Collect();
        Assert.NotNull(_parts.Session.Outcome);
        for (var wakes = 0; !_parts.Session.IsClosed; wakes++)
            Wake(wakes);
        Assert.Equal(0, _parts.Leases.Outstanding);
        Assert.Equal(0, _parts.Session.BufferedBytes);
        var tally = _parts.Session.Tally;
        Assert.True(
            tally.BytesLost >= 0 && tally.RequestsLost >= 0 && tally.BytesLost > 0 == tally.RequestsLost > 0,
            $"lost: {tally.RequestsLost} requests, {tally.BytesLost} bytes");
    }

    /// <summary>A beginning that gets the session to where it is open more often than chance would.</summary>
    private void Open()
    {
        Capture(TcpFlags.Syn, _clientAt, 0);
        _clientAt += 1;
        Reply(TcpFlags.Syn | TcpFlags.Ack, _targetAt, _clientAt, 0);
        _targetAt += 1;
    }

    private void Step()
    {
        switch (_random.Next(8))
        {
            case 0 or 1 or 2:
                Capture(ClientFlags[_random.Next(ClientFlags.Length)], Near(_clientAt), Length());
                break;
            case 3:
                // In order, as most of it is.
                Capture(TcpFlags.Ack | TcpFlags.Psh, _clientAt, Length());
                break;
            case 4 or 5:
                Reply((TcpFlags)_random.Next(256), Near(_targetAt), Near(_sentTo), Length());
                break;
            case 6:
                Reply(TcpFlags.Ack | (_random.Next(10) == 0 ? TcpFlags.Fin : TcpFlags.Psh), _targetAt, _sentTo, Length());
                break;
            default:
                Pass();
                break;
        }
    }

    private void Pass()
    {
        if (_random.Next(12) == 0)
            _parts.Session.OnSendFailed(1);
        else if (_random.Next(40) == 0)
            _parts.Session.OnClientGone(_now, _parts.Output);
        Collect();
        var end = _now + TimeSpan.FromMilliseconds(_random.Next(1 << _random.Next(18)));
        for (var wakes = 0; _parts.Session.NextWake <= end; wakes++)
            Wake(wakes);
        _now = end;
    }

    private void Wake(int wakes)
    {
        Assert.True(wakes < 10_000, "the session asks to be woken again and again");
        Assert.NotEqual(Instant.Never, _parts.Session.NextWake);
        _now = _parts.Session.NextWake > _now ? _parts.Session.NextWake : _now;
        _parts.Session.OnWake(_now, _parts.Output);
        Collect();
    }

    private void Capture(TcpFlags flags, SeqNumber at, int length)
    {
        var first = at + (flags.Has(TcpFlags.Syn) ? 1 : 0);
        var segment = _parts.Leases.Lease(BytesAt(first, length));
        segment.Origin = _random.Next(30) == 0 ? SegmentOrigin.Online : SegmentOrigin.Client;
        segment.Flags = flags;
        segment.Sequence = at;
        _seen += _random.Next(3) == 0 ? _random.Next(2_000) : 0;
        segment.Acknowledgement = _random.Next(10) == 0 ? Near(_seen) : _seen;
        segment.CapturedAt = _now;
        if (segment.Origin == SegmentOrigin.Client)
            _clientAt = SeqNumber.Max(_clientAt, first + length);
        _parts.Session.OnSegment(segment, _now, _parts.Output);
        Collect();
    }

    private void Reply(TcpFlags flags, SeqNumber at, SeqNumber acknowledged, int length)
    {
        var reply = new ReplyHeader
        {
            Sequence = at, Acknowledgement = acknowledged, Flags = flags, PayloadLength = length,
            Window = (ushort)_random.Next(4) switch { 0 => (ushort)0, 1 => (ushort)_random.Next(2_000), _ => ushort.MaxValue },
        };
        reply.Options.HasTimestamps = _random.Next(4) > 0;
        reply.Options.TimestampValue = (uint)(_random.Next(8) == 0 ? _random.Next() : _now.Ticks / TimeSpan.TicksPerMillisecond);
        reply.Options.TimestampEcho = (uint)_random.Next();
        reply.Options.SackPermitted = _random.Next(4) > 0;
        reply.Options.Mss = (ushort)(_random.Next(8) == 0 ? _random.Next(65_536) : 1_460);
        reply.Options.HasWindowScale = _random.Next(2) == 0;
        reply.Options.WindowScale = (byte)_random.Next(15);
        reply.Options.SackCount = (byte)_random.Next(TcpOptions.MaxSackBlocks + 1);
        for (var index = 0; index < reply.Options.SackCount; index++)
            reply.Options.Sack[index] = new SackBlock(Near(_sentTo), Near(_sentTo));
        if (at == _targetAt)
            _targetAt += length;
        _parts.Session.OnReply(reply, _now, _parts.Output);
        Collect();
    }

    private void Collect()
    {
        foreach (ref readonly var sent in _parts.Output.Items)
        {
            Assert.True(sent.Payload.SequenceEqual(BytesAt(sent.Sequence, sent.Length)), $"wrong bytes were sent at {sent.Sequence}");
            _sentTo = SeqNumber.Max(_sentTo, sent.Sequence + sent.Length + (sent.Flags.Has(TcpFlags.Syn | TcpFlags.Fin) ? 1 : 0));
        }
        _parts.Output.Clear();
        Assert.Null(_books.Check(_parts.Session));
        Assert.True(_parts.Session.BufferedBytes <= _bound, $"{_parts.Session.BufferedBytes} bytes are held; the bound is {_bound}");
    }

    /// <summary>What stands at a place of the client's stream, whichever segment brings it.</summary>
    private static byte[] BytesAt(SeqNumber position, int length)
    {
        var bytes = new byte[length];
        for (var index = 0; index < length; index++)
            bytes[index] = (byte)((position + index - default(SeqNumber)) * 31 >> 3);
        return bytes;
    }

    private SeqNumber Near(SeqNumber position) =>
        _random.Next(25) == 0 ? position + _random.Next(int.MinValue / 2, int.MaxValue / 2) : position + _random.Next(-Reach, Reach);

    private int Length() => _random.Next(6) switch { 0 => 0, 1 => 1, 2 => _random.Next(100_000), _ => _random.Next(3_000) };

    private sealed record Parts(ReplaySession Session, SessionOutput Output, SegmentLeases Leases);
}
