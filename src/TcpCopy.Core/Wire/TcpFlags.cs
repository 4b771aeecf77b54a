namespace TcpCopy.Core.Wire;

/// <summary>The control bits of a TCP header (RFC 9293 section 3.1), as they lie in its 14th byte.</summary>
[Flags]
public enum TcpFlags : byte
{
    None = 0,
    Fin = 0x01,
    Syn = 0x02,
    Rst = 0x04,
    Psh = 0x08,
    Ack = 0x10,
    Urg = 0x20,
    Ece = 0x40,
    Cwr = 0x80,
}

/// <summary>Questions asked of <see cref="TcpFlags"/>.</summary>
public static class TcpFlagsExtensions
{
    /// <summary>True when any of <paramref name="bits"/> is set.</summary>
    public static bool Has(this TcpFlags flags, TcpFlags bits) => (flags & bits) != 0;

    /// <summary>A client's SYN. With ACK or RST it opens nothing (RFC 9293 section 3.10.7.2).</summary>
    public static bool Begins(this TcpFlags flags) => (flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst)) == TcpFlags.Syn;
}
