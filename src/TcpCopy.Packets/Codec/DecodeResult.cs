namespace TcpCopy.Packets.Codec;

/// <summary>What a captured frame turned out to be.</summary>
public enum DecodeResult
{
    /// <summary>A TCP segment with its whole payload.</summary>
    Tcp,

    /// <summary>A TCP segment whose headers were captured whole and whose payload was not (caplen below the length that IP claims).</summary>
    Truncated,

    /// <summary>Something other than TCP over IPv4 or IPv6, or a link type that is not known here.</summary>
    NotTcp,

    /// <summary>A fragment of a TCP segment. Offload and path MTU discovery make them rare; they are not put together.</summary>
    Fragment,

    /// <summary>Lengths contradict each other, or the headers do not lie within the captured bytes.</summary>
    Malformed,
}
