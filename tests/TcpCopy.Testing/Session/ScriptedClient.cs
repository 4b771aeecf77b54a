using System.Text;
using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Session;

/// <summary>The real client as the capture sees it: what it sends to the online host.</summary>
public sealed class ScriptedClient(SessionHarness harness)
{
    /// <summary>Initial sequence number of the online host, which the client acknowledges.</summary>
    public static readonly SeqNumber OnlineStart = new(0xFFFF_FFFA);

    private int _next = 1;
    private int _seen;

    /// <summary>Position behind the last byte sent.</summary>
    public int Next => _next;

    public void Syn() => SynAt(0);

    /// <summary>A SYN with another initial sequence number: the client has used its port again.</summary>
    public void SynAt(int at) => Send(at, [], TcpFlags.Syn);

    /// <param name="text">Payload, a byte a character.</param>
    /// <param name="seen">Reply bytes of the online host that the client has acknowledged by now; stays when left out.</param>
    /// <param name="at">Position; behind the last data when left out.</param>
    public void Data(string text, int? seen = null, int? at = null) => Data(Encoding.Latin1.GetBytes(text), seen, at);

    public void Data(byte[] payload, int? seen = null, int? at = null, bool push = true)
    {
        _seen = seen ?? _seen;
        Send(at ?? _next, payload, push ? TcpFlags.Ack | TcpFlags.Psh : TcpFlags.Ack);
        _next = SessionHarness.Further(_next, (at ?? _next) + payload.Length);
    }

    public void Fin(int? seen = null, string text = "", int? at = null)
    {
        _seen = seen ?? _seen;
        Send(at ?? _next, Encoding.Latin1.GetBytes(text), TcpFlags.Ack | TcpFlags.Fin);
        _next = SessionHarness.Further(_next, (at ?? _next) + text.Length);
    }

    /// <param name="at">Position; behind the last data when left out.</param>
    /// <param name="seen">As in <see cref="Data(string, int?, int?)"/>.</param>
    public void Reset(int? at = null, int? seen = null)
    {
        _seen = seen ?? _seen;
        Send(at ?? _next, [], TcpFlags.Rst | TcpFlags.Ack);
    }

    private void Send(int at, byte[] payload, TcpFlags flags)
    {
        var segment = harness.Leases.Lease(payload);
        segment.Origin = SegmentOrigin.Client;
        segment.Sequence = harness.ClientStart + at;
        segment.Acknowledgement = flags.Has(TcpFlags.Ack) ? OnlineStart + 1 + _seen : default;
        segment.Flags = flags;
        segment.CapturedAt = harness.CaptureClock;
        harness.Deliver(segment);
    }
}

/// <summary>The online host, of which the capture sees the SYN-ACK alone.</summary>
public sealed class ScriptedOnline(SessionHarness harness)
{
    public void SynAck()
    {
        var segment = harness.Leases.Lease([]);
        segment.Origin = SegmentOrigin.Online;
        segment.Sequence = ScriptedClient.OnlineStart;
        segment.Acknowledgement = harness.ClientStart + 1;
        segment.Flags = TcpFlags.Syn | TcpFlags.Ack;
        segment.CapturedAt = harness.CaptureClock;
        harness.Deliver(segment);
    }
}
