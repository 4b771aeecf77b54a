namespace TcpCopy.Core.Comparison;

/// <summary>A request and what both sides answered to it.</summary>
/// <param name="Number">Of the session's requests, from 1.</param>
/// <param name="Online">Timed by the capture's clock.</param>
/// <param name="Target">Timed by the copier's clock.</param>
public readonly record struct ComparedRequest(long Number, Answer Online, Answer Target);

/// <summary>What one side answered to a request.</summary>
public readonly record struct Answer
{
    /// <summary>From the request's last byte, as far as it had gone out by then, to the answer's first.</summary>
    public TimeSpan FirstByte { get; init; }

    /// <summary>The same to the answer's last byte.</summary>
    public TimeSpan LastByte { get; init; }

    public long Bytes { get; init; }

    /// <summary>Of HTTP/1.x; 0: it is none, or was not seen.</summary>
    public ushort Status { get; init; }

    /// <summary>The side reset the connection before the client had closed it.</summary>
    public bool IsReset { get; init; }

    public bool IsAnswered => Bytes > 0;
}
