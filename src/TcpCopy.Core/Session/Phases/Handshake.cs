using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session.Phases;

/// <summary>Our SYN is on its way; what the client sends meanwhile is kept.</summary>
internal sealed class Handshake : Phase
{
    private readonly Replica _replica;
    private readonly Instant _firstSentAt;
    private TimeSpan _wait;
    private Instant _repeatAt;
    private bool _isRepeated;

    public Handshake(Replica replica, Instant now, SessionOutput output)
    {
        _replica = replica;
        _firstSentAt = now;
        _wait = replica.Settings.SynTimeout;
        SendSyn(now, output);
    }

    public override SessionPhase Name => SessionPhase.Handshake;

    public override Replica? Replica => _replica;

    public override Instant Deadline => Instant.Min(_repeatAt, GiveUpAt);

    private Instant GiveUpAt => _firstSentAt + _replica.Settings.GiveUpAfter;

    public override Phase OnSegment(Segment segment, Instant now, SessionOutput output)
    {
        _replica.Take(segment, now);
        return BufferedBytes > _replica.Settings.MaxBufferedBytes ? Shed(now, output) : this;
    }

    public override Phase OnReply(in ReplyHeader reply, Instant now, SessionOutput output)
    {
        // RFC 9293 section 3.10.7.3, in its order: ACK, RST, SYN.
        if (reply.Flags.Has(TcpFlags.Ack) && reply.Acknowledgement != _replica.Start + 1)
        {
            // The target still knows an older connection on these ports: the reset ends it, and our next SYN finds the way free.
            if (!reply.Flags.Has(TcpFlags.Rst))
                _replica.Writer.WriteResetFor(reply, output);
            return this;
        }
        if (reply.Flags.Has(TcpFlags.Rst))
            return reply.Flags.Has(TcpFlags.Ack) ? Discarding.Leave(_replica, SessionOutcome.TargetReset, now) : this;
        if (!reply.Flags.Has(TcpFlags.Syn) || !reply.Flags.Has(TcpFlags.Ack))
        {
            // An older connection whose end is our beginning: the number fits by chance or because the session was joined just there. Once our SYN
            // had to be repeated this is no late packet of it.
            if (_isRepeated && reply.Flags.Has(TcpFlags.Ack))
                _replica.Writer.WriteResetFor(reply, output);
            return this;
        }
        _replica.Connect(reply, RoundTrip(reply, now), now);
        return new Connected(_replica).Proceed(now, output);
    }

    public override Phase OnWake(Instant now, SessionOutput output)
    {
        if (now >= GiveUpAt)
        {
            var outcome = _replica.SendFailures >= _replica.Writer.SegmentsSent ? SessionOutcome.SendError : SessionOutcome.NoSynAck;
            return Discarding.Reset(_replica, outcome, now, output);
        }
        if (now >= _repeatAt)
        {
            _isRepeated = true;
            // RFC 6298 section 5.5: each repetition waits twice as long.
            if (_wait * 2 <= _replica.Settings.LongestWait)
                _wait *= 2;
            SendSyn(now, output);
        }
        return this;
    }

    public override Phase OnClientGone(Instant now, SessionOutput output)
    {
        _replica.Client.EndForSilence(now);
        return this;
    }

    public override void OnSendFailed() => _replica.SendFailures++;

    public override Phase Shed(Instant now, SessionOutput output) => Discarding.Reset(_replica, SessionOutcome.Shed, now, output);

    public override Phase Abort(SessionOutcome outcome, Instant now, SessionOutput output) => Discarding.Abort(_replica, outcome, now, output);

    private TimeSpan? RoundTrip(in ReplyHeader synAck, Instant now)
    {
        var elapsed = now - _firstSentAt;
        if (!_isRepeated)
            return elapsed;
        // Karn's rule (RFC 6298 section 3): only what is echoed tells which SYN was answered.
        return synAck.Options.HasTimestamps ? _replica.Writer.AgeOf(synAck.Options.TimestampEcho, elapsed, now) : null;
    }

    private void SendSyn(Instant now, SessionOutput output)
    {
        _replica.Writer.WriteSyn(_replica.Start, _replica.Settings.MaxSegmentSize, now, _isRepeated, output);
        _repeatAt = now + _wait;
    }
}
