namespace TcpCopy.Core.Wire;

/// <summary>
/// A position in TCP sequence space, which wraps at 2^32 (RFC 9293 section 3.4). A distance is an <see cref="int"/> and never a
/// <see cref="SeqNumber"/>; comparisons hold for positions less than 2^31 apart.
/// </summary>
public readonly record struct SeqNumber(uint Value)
{
    /// <summary>The largest window (RFC 7323 section 2.3): of two acknowledgements of one receiver the one that comes later is no further behind.</summary>
    private const uint LargestWindow = 1u << 30;

    /// <summary>How many bytes <paramref name="left"/> lies after <paramref name="right"/>; negative when before.</summary>
    public static int operator -(SeqNumber left, SeqNumber right) => unchecked((int)(left.Value - right.Value));

    public static SeqNumber operator +(SeqNumber position, int distance) => new(unchecked(position.Value + (uint)distance));

    public static SeqNumber operator -(SeqNumber position, int distance) => new(unchecked(position.Value - (uint)distance));

    public static bool operator <(SeqNumber left, SeqNumber right) => left - right < 0;

    public static bool operator >(SeqNumber left, SeqNumber right) => left - right > 0;

    public static bool operator <=(SeqNumber left, SeqNumber right) => left - right <= 0;

    public static bool operator >=(SeqNumber left, SeqNumber right) => left - right >= 0;

    /// <summary>
    /// How far a receiver has come that acknowledged <paramref name="earlier"/> and now acknowledges this, in bytes: 3 GiB at most, for its acknowledgements
    /// may be seen as rarely as it sends data itself. 0 when this one is older and was overtaken.
    /// </summary>
    public uint AdvanceSince(SeqNumber earlier)
    {
        var distance = unchecked(Value - earlier.Value);
        return distance <= uint.MaxValue - LargestWindow ? distance : 0;
    }

    public static SeqNumber Max(SeqNumber left, SeqNumber right) => left > right ? left : right;

    public static SeqNumber Min(SeqNumber left, SeqNumber right) => left < right ? left : right;

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
