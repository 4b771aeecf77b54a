namespace TcpCopy.Testing.Simulation;

/// <summary>What kind of TCP the reference target has.</summary>
public sealed record TargetTraits
{
    /// <summary>Option in its SYN-ACK, in bytes; 0 for none.</summary>
    public ushort Mss { get; init; } = 1460;

    /// <summary>Largest reply packet; above the MSS it is what a stack hands to a device that cuts it.</summary>
    public int ReplySize { get; init; } = 1448;

    /// <summary>Bytes in flight at most.</summary>
    public int SendWindow { get; init; } = 14_480;

    /// <summary>Bytes it takes before the application reads.</summary>
    public int ReceiveBuffer { get; init; } = 262_144;

    /// <summary>Shift of its window fields; null without the option.</summary>
    public byte? WindowScale { get; init; } = 4;

    /// <summary>Whether it takes up RFC 7323's timestamps.</summary>
    public bool Timestamps { get; init; } = true;

    /// <summary>Whether it takes up RFC 2018.</summary>
    public bool Sack { get; init; } = true;

    /// <summary>Whether it reports duplicates (RFC 2883).</summary>
    public bool DuplicateSack { get; init; }

    /// <summary>Share of packets at which it throws away what it had reported to hold (RFC 2018 section 8).</summary>
    public double TakesBack { get; init; }

    /// <summary>How long an ACK may wait for a second segment (RFC 9293 section 3.8.6.3); zero for an ACK of every segment.</summary>
    public TimeSpan DelayedAck { get; init; }

    /// <summary>Whether it opens its window in worthwhile steps (RFC 9293 section 3.8.6.2.2).</summary>
    public bool AvoidsSillyWindows { get; init; } = true;

    /// <summary>Answers data that comes after its application has closed with a reset (RFC 9293 section 3.6.1), and does not take it.</summary>
    public bool ResetsDataBehindItsFin { get; init; }

    /// <summary>First time-out; doubles up to 4 s.</summary>
    public TimeSpan Rto { get; init; } = TimeSpan.FromMilliseconds(250);
}
