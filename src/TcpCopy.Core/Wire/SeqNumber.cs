namespace TcpCopy.Core.Wire;

/// <summary>
/// A position in TCP sequence space, which wraps at 2^32 (RFC 9293 section 3.4). A distance is an <see cref="int"/> and never a
/// <see cref="SeqNumber"/>; comparisons hold for positions less than 2^31 apart.
/// </summary>
public readonly record struct SeqNumber(uint Value)
{
    /// <summary>How many bytes <paramref name="left"/> lies after <paramref name="right"/>; negative when before.</summary>
    public static int operator -(SeqNumber left, SeqNumber right) => unchecked((int)(left.Value - right.Value));

    public static SeqNumber operator +(SeqNumber position, int distance) => new(unchecked(position.Value + (uint)distance));

    public static SeqNumber operator -(SeqNumber position, int distance) => new(unchecked(position.Value - (uint)distance));

    public static bool operator <(SeqNumber left, SeqNumber right) => left - right < 0;

    public static bool operator >(SeqNumber left, SeqNumber right) => left - right > 0;

    public static bool operator <=(SeqNumber left, SeqNumber right) => left - right <= 0;

    public static bool operator >=(SeqNumber left, SeqNumber right) => left - right >= 0;

    public static SeqNumber Max(SeqNumber left, SeqNumber right) => left > right ? left : right;

    public static SeqNumber Min(SeqNumber left, SeqNumber right) => left < right ? left : right;

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
