namespace TcpCopy.Core.Comparison;

/// <summary>The status code that an answer begins with, where it is HTTP/1.x (RFC 9112 section 4).</summary>
public static class StatusLine
{
    private const int CodeAt = 9;
    private const int CodeDigits = 3;

    /// <param name="payload">The first bytes of a packet.</param>
    /// <returns>100 to 599; 0 where the bytes begin no answer of HTTP/1.x, or are too few.</returns>
    public static ushort Read(ReadOnlySpan<byte> payload)
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
