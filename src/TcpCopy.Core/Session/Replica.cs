using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>The parts of one connection to the target, from our SYN on, and what they have in common.</summary>
internal sealed class Replica
{
    private long _replyBytesAtAcknowledgement;
    private long _bytesAcknowledged;

    /// <param name="history">Of its session; its stream stands at <paramref name="start"/> + 1.</param>
    /// <param name="start">Of our SYN.</param>
    /// <param name="capturedAt">When what the replica begins with was captured.</param>
    /// <param name="now">The session's clock.</param>
    public Replica(SessionHistory history, SeqNumber start, Instant capturedAt, Instant now)
    {
        History = history;
        Start = start;
        Requests = new RequestLog(Start + 1);
        Pacer = Pacer.Create(Settings, Requests, Stream);
        Replies = new ReplyTracker(Settings);
        Writer = new SegmentWriter(Replies, history.TimestampOffset);
        Transmitter = new Transmitter(Settings, Stream, Writer);
        Pacer.OnBegin(Start + 1, capturedAt, now);
        AppendRequests();
        Client.WatchGap(now);
    }

    public SessionHistory History { get; }

    public SessionSettings Settings => History.Settings;

    public CapturedClient Client => History.Client;

    /// <summary>The target has answered the SYN.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Our initial sequence number: the client's, or the position before the request that the session was joined at.</summary>
    public SeqNumber Start { get; }

    public ClientStream Stream => Client.Stream;

    public RequestLog Requests { get; }

    public Pacer Pacer { get; }

    public ReplyTracker Replies { get; }

    public SegmentWriter Writer { get; }

    public Transmitter Transmitter { get; }

    public ClientEnd ClientEnd => Client.End;

    /// <summary>How often the kernel refused a packet.</summary>
    public int SendFailures { get; set; }

    /// <summary>When the replica is given up for a hole: not before the target has what lies before it.</summary>
    public Instant GapDeadline => Client.GapSince == Instant.Never || Transmitter.Acknowledged < Stream.End
        ? Instant.Never
        : Client.GapSince + Settings.GapWait;

    /// <summary>When a client that says nothing more is taken for gone.</summary>
    public Instant IdleDeadline => Client.LastSegmentAt + Settings.IdleTimeout;

    public bool IsAllAcknowledged => Transmitter.Acknowledged >= Stream.End && !Client.HasGap;

    /// <summary>The whole session's figures up to now.</summary>
    public SessionTally Tally => History.Sum(OwnTally);

    /// <summary>This replica's share of them; what was captured is the session's.</summary>
    public SessionTally OwnTally => Requests.Tally with
    {
        BytesAcknowledged = _bytesAcknowledged,
        ReplyBytes = Replies.Bytes,
        SegmentsSent = Writer.SegmentsSent,
        Retransmissions = Writer.Retransmissions,
        ReplyWaitsExpired = Pacer.ExpiredWaits,
    };

    /// <summary>Takes over a segment: the client's data and end, or the online host's SYN-ACK.</summary>
    public void Take(Segment segment, Instant now)
    {
        if (segment.Origin == SegmentOrigin.Online)
        {
            if (IsAnswerToSyn(segment))
                Requests.StartReplies(segment.Sequence + 1);
            segment.Release();
            return;
        }
        if (segment.Flags.Has(TcpFlags.Syn) && segment.Sequence != Start)
        {
            // A new connection on the same ports is a session of its own; this one takes no part in it.
            segment.Release();
            return;
        }
        Client.Take(segment, now);
        AppendRequests();
        Client.WatchGap(now);
    }

    /// <summary>The request that a fresh replica would begin with, now that the target has closed this one: never this one's first.</summary>
    public bool TryFindReopening(out SeqNumber at) => Requests.TryFindFrom(_bytesAcknowledged > 0 ? Transmitter.Acknowledged : Start + 2, out at);

    /// <summary>The target answered the SYN.</summary>
    public void Connect(in ReplyHeader synAck, TimeSpan? roundTrip, Instant now)
    {
        IsConnected = true;
        Writer.Agree(synAck.Options);
        Replies.Start(synAck, now);
        Transmitter.Start(Start + 1, synAck, roundTrip, now);
    }

    /// <summary>Ends the connection at the target without ceremony.</summary>
    public void Reset(Instant now, SessionOutput output)
    {
        if (IsConnected)
            Writer.WriteReset(Transmitter.Acceptable, now, output);
        else
            Writer.WriteResetOfSyn(Start + 1, output);
    }

    /// <summary>Takes in a packet of the target's on the open connection.</summary>
    public void Accept(in ReplyHeader reply, Instant now)
    {
        AcceptAcknowledgement(reply, now);
        if (Replies.Accept(reply, now))
            Requests.OnReplyBytes();
    }

    /// <summary>Takes in what a packet acknowledges, and no more of it.</summary>
    public void AcceptAcknowledgement(in ReplyHeader reply, Instant now)
    {
        var advance = Transmitter.OnReply(reply, now);
        // The FIN goes out only when all data is acknowledged, so its own acknowledgement comes alone and says nothing of data.
        if (advance == 0 || Transmitter.IsFinAcknowledged)
            return;
        _bytesAcknowledged += advance;
        _replyBytesAtAcknowledgement = Replies.Bytes;
        Requests.OnAcknowledged(Transmitter.Acknowledged);
    }

    public TargetProgress Progress() => new(
        Transmitter.Acknowledged,
        Transmitter.AcknowledgedAt,
        Replies.Bytes,
        _replyBytesAtAcknowledgement,
        Replies.LastBytesAt,
        Replies.Pushed,
        Replies.IsFinished,
        Transmitter.RoundTrip);

    /// <summary>RFC 7413 section 3: the online host may have taken data of the client's SYN.</summary>
    private bool IsAnswerToSyn(Segment segment) =>
        segment.Flags.Has(TcpFlags.Syn) && segment.Seen is { } acknowledged && acknowledged > Start && acknowledged <= Stream.End;

    private void AppendRequests()
    {
        while (Stream.TryAdvance(out var piece))
            Requests.Append(piece);
    }
}
