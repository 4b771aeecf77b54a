using System.Runtime.CompilerServices;
using TcpCopy.Core.Wire;

namespace TcpCopy.Copier.Figures;

/// <summary>What can happen to a session.</summary>
public enum SessionEventKind : byte
{
    /// <summary>A client's segment; its payload in bytes.</summary>
    Segment = 1,

    /// <summary>The online host's SYN-ACK.</summary>
    OnlineSynAck,

    /// <summary>A header of the target's; its payload in bytes.</summary>
    Reply,

    /// <summary>A deadline.</summary>
    Wake,

    /// <summary>Packets went to the target; how many.</summary>
    Sent,

    /// <summary>Another phase began; which, as the number of its name.</summary>
    Phase,

    /// <summary>The kernel refused a packet; its errno.</summary>
    SendFailed,

    /// <summary>The client reused its ports.</summary>
    Superseded,

    /// <summary>It was told to end: stopped, shed or sampled out.</summary>
    Told,

    /// <summary>The online host reset the connection.</summary>
    OnlineReset,
}

/// <summary>Something that happened to a session.</summary>
/// <param name="After">Since the session began, to the millisecond.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Value">How much, as the kind says.</param>
public readonly record struct SessionEvent(TimeSpan After, SessionEventKind Kind, int Value);

/// <summary>The last eight events of a session, in 64 bytes. Loop thread only.</summary>
internal struct SessionEvents
{
    private const int MostValue = 0xFF_FFFF;

    private Slots _slots;
    private byte _next;

    public void Add(Instant begunAt, Instant now, SessionEventKind kind, int value)
    {
        var milliseconds = (ulong)(uint)((now - begunAt).Ticks / TimeSpan.TicksPerMillisecond);
        _slots[_next] = milliseconds << 32 | (ulong)kind << 24 | (uint)Math.Clamp(value, 0, MostValue);
        _next = (byte)((_next + 1) % Slots.Count);
    }

    /// <summary>Oldest first.</summary>
    public readonly IReadOnlyList<SessionEvent> Read()
    {
        var events = new List<SessionEvent>(Slots.Count);
        for (var index = 0; index < Slots.Count; index++)
        {
            var slot = _slots[(_next + index) % Slots.Count];
            if (slot != 0)
                events.Add(new SessionEvent(TimeSpan.FromMilliseconds((uint)(slot >> 32)), (SessionEventKind)(slot >> 24 & 0xFF), (int)(slot & MostValue)));
        }
        return events;
    }

    [InlineArray(Count)]
    private struct Slots
    {
        public const int Count = 8;

        private ulong _first;
    }
}
