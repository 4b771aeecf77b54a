using System.Runtime.CompilerServices;

namespace TcpCopy.Core.Wire;

/// <summary>A range of sequence space that a receiver holds beyond what it acknowledged (RFC 2018): <c>Left</c> in, <c>Right</c> out.</summary>
public readonly record struct SackBlock(SeqNumber Left, SeqNumber Right);

/// <summary>Room for the four blocks that fit into a TCP header (RFC 2018 section 3).</summary>
[InlineArray(TcpOptions.MaxSackBlocks)]
public struct SackBlocks
{
    private SackBlock _first;
}

/// <summary>The options of a TCP header that matter for replaying. The default value says that none was present.</summary>
public struct TcpOptions
{
    public const int MaxSackBlocks = 4;

    /// <summary>RFC 7323 section 2.3: a larger shift is to be taken for 14.</summary>
    public const byte MaxWindowScale = 14;

    /// <summary>Largest segment the sender of the option takes, in bytes; 0 when absent. Only in a SYN.</summary>
    public ushort Mss;

    public bool HasWindowScale;

    /// <summary>Shift for window fields, 0 to 14; only in a SYN, and only with <see cref="HasWindowScale"/>.</summary>
    public byte WindowScale;

    public bool SackPermitted;

    public bool HasTimestamps;

    /// <summary>TSval of RFC 7323, in the sender's own ticks.</summary>
    public uint TimestampValue;

    /// <summary>TSecr of RFC 7323: the TSval echoed.</summary>
    public uint TimestampEcho;

    /// <summary>How many of <see cref="Sack"/> count, 0 to 4.</summary>
    public byte SackCount;

    public SackBlocks Sack;
}
