using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Session;

/// <summary>The target, line by line: every call is one packet that the interceptor's tap delivered.</summary>
public sealed class ScriptedTarget(SessionHarness harness)
{
    private bool _hasTimestamps = true;
    private int _next = 1;

    /// <summary>The window field of packets after the SYN-ACK, unscaled.</summary>
    public ushort Window { get; set; } = 512;

    /// <summary>TSecr of every packet from now on, in place of the newest TSval.</summary>
    public uint? Echo { get; set; }

    /// <summary>TSval of every packet from now on, in place of the milliseconds of virtual time.</summary>
    public uint? Clock { get; set; }

    /// <summary>Position behind the last reply byte sent.</summary>
    public int Next => _next;

    public void SynAck(ushort mss = 1460, byte? scale = 7, bool timestamps = true, bool sack = true, int? ack = null, ushort window = 64_240)
    {
        _hasTimestamps = timestamps;
        _next = 1;
        var reply = Header(0, ack ?? 1, TcpFlags.Syn | TcpFlags.Ack, 0);
        reply.Window = window;
        reply.Options.Mss = mss;
        reply.Options.HasWindowScale = scale is not null;
        reply.Options.WindowScale = scale ?? 0;
        reply.Options.SackPermitted = sack;
        harness.Deliver(reply);
    }

    /// <summary>The SYN-ACK of another connection, from a middle box or an earlier use of the ports, at this position.</summary>
    public void SynAckAt(int at) => harness.Deliver(Header(at, null, TcpFlags.Syn | TcpFlags.Ack, 0));

    /// <param name="upTo">Relative position acknowledged; everything sent so far when left out.</param>
    public void Ack(int? upTo = null) => harness.Deliver(Header(_next, upTo, TcpFlags.Ack, 0));

    /// <summary>Acknowledges up to a position and reports ranges held behind it.</summary>
    public void Sack(int upTo, params (int Left, int Right)[] held)
    {
        var reply = Header(_next, upTo, TcpFlags.Ack, 0);
        foreach (var (left, right) in held)
            reply.Options.Sack[reply.Options.SackCount++] = new SackBlock(harness.ClientStart + left, harness.ClientStart + right);
        harness.Deliver(reply);
    }

    /// <param name="bytes">Payload length.</param>
    /// <param name="push">PSH on it: the end of what the server wrote.</param>
    /// <param name="at">Position; behind the last reply when left out.</param>
    /// <param name="upTo">As in <see cref="Ack"/>.</param>
    public void Reply(int bytes, bool push = true, int? at = null, int? upTo = null)
    {
        var reply = Header(at ?? _next, upTo, push ? TcpFlags.Ack | TcpFlags.Psh : TcpFlags.Ack, bytes);
        _next = SessionHarness.Further(_next, (at ?? _next) + bytes);
        harness.Deliver(reply);
    }

    /// <summary>Bytes that the target sent and our tap missed.</summary>
    public void LoseReply(int bytes) => _next += bytes;

    public void Fin(int? upTo = null, int? at = null)
    {
        var reply = Header(at ?? _next, upTo, TcpFlags.Ack | TcpFlags.Fin, 0);
        _next = SessionHarness.Further(_next, (at ?? _next) + 1);
        harness.Deliver(reply);
    }

    /// <param name="upTo">As in <see cref="Ack"/>.</param>
    /// <param name="at">Position; behind the last reply when left out.</param>
    public void Reset(int? upTo = null, int? at = null) => harness.Deliver(Header(at ?? _next, upTo, TcpFlags.Rst | TcpFlags.Ack, 0));

    private ReplyHeader Header(int at, int? upTo, TcpFlags flags, int payload)
    {
        var reply = new ReplyHeader
        {
            Sequence = harness.TargetStart + at,
            Acknowledgement = harness.ClientStart + (upTo ?? harness.HighestSent),
            Flags = flags,
            Window = Window,
            PayloadLength = payload,
        };
        if (!_hasTimestamps)
            return reply;
        reply.Options.HasTimestamps = true;
        reply.Options.TimestampValue = Clock ?? unchecked((uint)(harness.Now.Ticks / TimeSpan.TicksPerMillisecond));
        reply.Options.TimestampEcho = Echo ?? harness.Sent[^1].Header.Options.TimestampValue;
        return reply;
    }
}
