namespace TcpCopy.Core.Comparison;

/// <summary>The status code that an answer begins with, where it is HTTP/1.x (RFC 9112 section 4).</summary>
public static class StatusLine
{
    private const int CodeAt = 9;
    private const int CodeDigits = 3;

    private static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    /// <param name="payload">The first bytes of a packet.</param>
    /// <returns>100 to 599, behind interim answers that of the final one; 0 where the bytes begin no answer of HTTP/1.x, or are too few.</returns>
    public static ushort Read(ReadOnlySpan<byte> payload)
    {
        var status = ReadFirst(payload);
        // The final answer may be in the same packet.
        while (IsInterim(status) && payload.IndexOf(HeadEnd) is >= 0 and var end)
        {
            payload = payload[(end + HeadEnd.Length)..];
            var next = ReadFirst(payload);
            if (next == 0)
                break;
            status = next;
        }
        return status;
    }

    /// <summary>Whether the same request gets another answer behind this one (RFC 9110 section 15.2). Behind 101 another protocol is spoken.</summary>
    public static bool IsInterim(ushort status) => status is >= 100 and < 200 and not 101;

    private static ushort ReadFirst(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < CodeAt + CodeDigits || !payload.StartsWith("HTTP/1."u8) || payload[CodeAt - 1] != ' ')
            return 0;
        var code = 0;
        foreach (var digit in payload.Slice(CodeAt, CodeDigits))
        {
            if (!char.IsAsciiDigit((char)digit))
                return 0;
            code = code * 10 + (digit - '0');
        }
        return code is >= 100 and < 600 ? (ushort)code : (ushort)0;
    }
}
