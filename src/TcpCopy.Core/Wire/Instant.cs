namespace TcpCopy.Core.Wire;

/// <summary>
/// A moment on some clock, in ticks of 100 ns. Only differences within one clock mean anything: the engine's <c>now</c> is monotonic,
/// a capture's time is the kernel's wall clock.
/// </summary>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    /// <summary>Later than every other: "never" as a deadline.</summary>
    public static readonly Instant Never = new(long.MaxValue);

    public static Instant FromMicroseconds(long microseconds) => new(microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>As captures are stamped.</summary>
    public static Instant FromUtc(DateTime utc) => new(utc.Ticks - DateTime.UnixEpoch.Ticks);

    public static TimeSpan operator -(Instant left, Instant right) => new(left.Ticks - right.Ticks);

    public static Instant operator +(Instant instant, TimeSpan span) => new(instant.Ticks + span.Ticks);

    public static Instant operator -(Instant instant, TimeSpan span) => new(instant.Ticks - span.Ticks);

    public static bool operator <(Instant left, Instant right) => left.Ticks < right.Ticks;

    public static bool operator >(Instant left, Instant right) => left.Ticks > right.Ticks;

    public static bool operator <=(Instant left, Instant right) => left.Ticks <= right.Ticks;

    public static bool operator >=(Instant left, Instant right) => left.Ticks >= right.Ticks;

    public static Instant Min(Instant left, Instant right) => left < right ? left : right;

    public static Instant Max(Instant left, Instant right) => left > right ? left : right;

    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);
}
