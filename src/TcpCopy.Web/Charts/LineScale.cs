namespace TcpCopy.Web.Charts;

/// <summary>How high a value is drawn.</summary>
public enum LineScale
{
    /// <summary>In proportion.</summary>
    FromZero,

    /// <summary>By its logarithm: for times, of which some are a thousand times as long as others.</summary>
    Logarithmic,
}
