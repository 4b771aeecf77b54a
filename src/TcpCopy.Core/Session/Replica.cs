using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>The parts of one copied connection, from the client's SYN on, and what they have in common.</summary>
internal sealed class Replica
{
    private SeqNumber _replyNextAtAcknowledgement;
    private long _bytesCaptured;
    private long _bytesAcknowledged;
    private Instant _gapSince = Instant.Never;

    public Replica(SessionSettings settings, uint timestampOffset, Segment syn, Instant now)
    {
        Settings = settings;
        Start = syn.Sequence;
        Stream = new ClientStream(Start + 1);
        Requests = new RequestLog(Start + 1);
        Pacer = Pacer.Create(settings, Requests, Stream);
        Replies = new ReplyTracker(settings);
        Writer = new SegmentWriter(Replies, timestampOffset);
        Transmitter = new Transmitter(settings, Stream, Writer);
        Pacer.OnFirstSegment(syn, now);
    }

    public SessionSettings Settings { get; }

    /// <summary>The target has answered the SYN.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>The client's initial sequence number, which is ours too.</summary>
    public SeqNumber Start { get; }

    public ClientStream Stream { get; }

    public RequestLog Requests { get; }

    public Pacer Pacer { get; }

    public ReplyTracker Replies { get; }

    public SegmentWriter Writer { get; }

    public Transmitter Transmitter { get; }

    public ClientEnd ClientEnd { get; private set; }

    public Instant LastSegmentAt { get; private set; }

    /// <summary>How often the kernel refused a packet.</summary>
    public int SendFailures { get; set; }

    /// <summary>When bytes behind a hole are given up.</summary>
    public Instant GapDeadline => _gapSince == Instant.Never ? Instant.Never : _gapSince + Settings.GiveUpAfter;

    /// <summary>When a client that says nothing more is taken for gone.</summary>
    public Instant IdleDeadline => LastSegmentAt + Settings.IdleTimeout;

    public bool IsAllAcknowledged => Transmitter.Acknowledged >= Stream.End && !HasGap;

    private bool HasGap => Stream.HasGap || (ClientEnd.Kind != ClientEndKind.Open && ClientEnd.At > Stream.End);

    public SessionTally Tally => new()
    {
        RequestsCaptured = Requests.Captured,
        RequestsAcknowledged = Requests.Acknowledged,
        RequestsAnswered = Requests.Answered,
        BytesCaptured = _bytesCaptured,
        BytesAcknowledged = _bytesAcknowledged,
        ReplyBytes = Replies.Bytes,
        SegmentsSent = Writer.SegmentsSent,
        Retransmissions = Writer.Retransmissions,
        ReplyWaitsExpired = Pacer.ExpiredWaits,
        ConflictingBytes = Stream.ConflictingBytes,
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
        LastSegmentAt = now;
        if (segment.Flags.Has(TcpFlags.Syn) && segment.Sequence != Start)
        {
            // A new connection on the same ports is a session of its own; this one takes no part in it.
            segment.Release();
            return;
        }
        // The end is read after the data, whose release may hand the segment back: hold it until both are done.
        segment.Retain();
        _bytesCaptured += Stream.Add(segment);
        AppendRequests();
        NoteEnd(segment);
        segment.Release();
        _gapSince = HasGap ? Instant.Min(_gapSince, now) : Instant.Never;
    }

    /// <summary>The client is gone without a word: close as if it had.</summary>
    public void EndForSilence(Instant now)
    {
        if (ClientEnd.Kind == ClientEndKind.Open)
            ClientEnd = new ClientEnd(ClientEndKind.Fin, Stream.End, now, Seen: null);
    }

    /// <summary>The target answered the SYN.</summary>
    public void Connect(in ReplyHeader synAck, TimeSpan? roundTrip, Instant now)
    {
        IsConnected = true;
        Writer.Agree(synAck.Options);
        Replies.Start(synAck, now);
        Transmitter.Start(Start + 1, synAck, roundTrip, now);
        Pacer.OnConnected(Replies.Next);
        _replyNextAtAcknowledgement = Replies.Next;
    }

    /// <summary>Ends the connection at the target without ceremony.</summary>
    public void Reset(Instant now, SessionOutput output)
    {
        if (IsConnected)
            Writer.WriteReset(Transmitter.Sent, now, output);
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
        if (advance == 0)
            return;
        // The FIN goes out only when all data is acknowledged, so its own acknowledgement comes alone.
        _bytesAcknowledged += Transmitter.IsFinAcknowledged ? advance - 1 : advance;
        _replyNextAtAcknowledgement = Replies.Next;
        Requests.OnAcknowledged(Transmitter.Acknowledged);
    }

    public TargetProgress Progress() => new(
        Transmitter.Acknowledged,
        Transmitter.AcknowledgedAt,
        Replies.Next,
        _replyNextAtAcknowledgement,
        Replies.LastBytesAt,
        Replies.Pushed,
        Replies.IsFinished,
        Transmitter.RoundTrip);

    private bool IsAnswerToSyn(Segment segment) =>
        segment.Flags.Has(TcpFlags.Syn) && segment.Flags.Has(TcpFlags.Ack) && segment.Acknowledgement == Start + 1;

    private void AppendRequests()
    {
        while (Stream.TryAdvance(out var piece))
            Requests.Append(piece.Source, piece.Start, piece.End);
    }

    private void NoteEnd(Segment segment)
    {
        if (!segment.Flags.Has(TcpFlags.Fin | TcpFlags.Rst))
            return;
        var isReset = segment.Flags.Has(TcpFlags.Rst);
        // A reset overtakes a FIN that came before; a repeated FIN changes nothing.
        if (ClientEnd.Kind == ClientEndKind.Reset || (ClientEnd.Kind == ClientEndKind.Fin && !isReset))
            return;
        var end = segment.Sequence + segment.PayloadLength + (segment.Flags.Has(TcpFlags.Syn) ? 1 : 0);
        // A reset may name any position: an older one that it answers, or one behind bytes that nobody received. What came is what counts.
        var at = isReset ? Stream.End : end;
        SeqNumber? seen = segment.Flags.Has(TcpFlags.Ack) ? segment.Acknowledgement : null;
        ClientEnd = new ClientEnd(isReset ? ClientEndKind.Reset : ClientEndKind.Fin, at, segment.CapturedAt, seen);
    }
}
