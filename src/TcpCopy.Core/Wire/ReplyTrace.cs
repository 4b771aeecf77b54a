namespace TcpCopy.Core.Wire;

/// <summary>What a copier that compares is told of a reply besides its header.</summary>
public struct ReplyTrace
{
    /// <summary>
    /// Microseconds modulo 2^32. At the interceptor: when the packet came by the tap, by the kernel's clock. At the copier: how long that was before its batch
    /// departed. Of joined packets that of the first.
    /// </summary>
    public uint First;

    /// <summary>The same of the last of joined packets.</summary>
    public uint Last;

    /// <summary>The status code that its payload begins with (HTTP/1.x); 0: none.</summary>
    public ushort Status;

    /// <summary>What <see cref="First"/> says at the copier.</summary>
    public readonly TimeSpan FirstAge => TimeSpan.FromMicroseconds(First);

    public readonly TimeSpan LastAge => TimeSpan.FromMicroseconds(Last);

    /// <summary>A moment as the fields have it.</summary>
    public static uint Stamp(Instant at) => unchecked((uint)(at.Ticks / TimeSpan.TicksPerMicrosecond));
}
