using TcpCopy.Core.Wire;
using TcpCopy.Testing.Session;

namespace TcpCopy.Testing.Simulation;

/// <summary>A run of the client's stream that no captured segment brought, between the first and the last that was seen.</summary>
public readonly record struct Missing(int Offset, int Length)
{
    public int End => Offset + Length;
}

/// <summary>The capture: what of the client's segments comes to the session, and when.</summary>
public sealed class CaptureSide
{
    private readonly OnlineClient _client;
    private readonly List<(TimeSpan At, ClientSegment Segment)> _captured = [];
    private readonly List<Missing> _missing = [];

    public CaptureSide(NetworkPlan plan, OnlineClient client, Random random)
    {
        _client = client;
        Watch(plan.Capture, random);
        Survey();
    }

    /// <summary>What was captured and when it is handed on.</summary>
    public IReadOnlyList<(TimeSpan At, ClientSegment Segment)> Captured => _captured;

    /// <summary>Holes in what was captured.</summary>
    public IReadOnlyList<Missing> Missing => _missing;

    /// <summary>Offset in the client's stream of the first data that was seen; -1 where none was.</summary>
    public int First { get; private set; } = -1;

    /// <summary>Behind the last position that was seen, the place of the FIN included.</summary>
    public int End { get; private set; }

    public bool SawSyn { get; private set; }

    /// <summary>Distinct bytes that were seen.</summary>
    public int Bytes => End - Math.Max(0, SawSyn ? 0 : First) - _missing.Sum(missing => missing.Length);

    /// <summary>The segment as a session gets it.</summary>
    public Segment Lease(SegmentLeases leases, in ClientSegment sent)
    {
        ReadOnlySpan<byte> garbage = [0xA5];
        var segment = leases.Lease(sent.IsGarbage ? garbage[..sent.Length] : _client.Stream.AsSpan(Math.Max(0, sent.Offset), sent.Length));
        segment.Origin = SegmentOrigin.Client;
        segment.Flags = sent.Flags;
        segment.Sequence = _client.Start + (sent.Offset + 1);
        segment.Acknowledgement = sent.Flags.Has(TcpFlags.Ack) ? _client.OnlineStart + (1 + sent.Seen) : default;
        segment.CapturedAt = new Instant(TimeSpan.FromDays(20_000).Ticks + sent.At.Ticks);
        return segment;
    }

    public Segment LeaseSynAck(SegmentLeases leases)
    {
        var segment = leases.Lease([]);
        segment.Origin = SegmentOrigin.Online;
        segment.Flags = TcpFlags.Syn | TcpFlags.Ack;
        segment.Sequence = _client.OnlineStart;
        segment.Acknowledgement = _client.Start + 1;
        return segment;
    }

    private void Watch(CaptureQuality quality, Random random)
    {
        var passed = 0;
        foreach (var segment in _client.Sent)
        {
            var isData = segment.Length > 0;
            if (passed++ < quality.BeginsBehind || (isData && random.NextDouble() < quality.Missed))
                continue;
            // Nobody sends data before the SYN is answered: that cannot overtake it.
            var isLate = !segment.Flags.Has(TcpFlags.Syn) && random.NextDouble() < quality.Late;
            var at = isLate ? segment.At + (quality.LateBy * random.NextDouble()) : segment.At;
            _captured.Add((at, segment));
            if (random.NextDouble() < quality.Doubled)
                _captured.Add((at + (quality.LateBy * random.NextDouble()), segment));
        }
    }

    private void Survey()
    {
        var seen = _captured.Where(item => !item.Segment.IsGarbage).OrderBy(item => item.Segment.Offset).Select(item => item.Segment).ToList();
        SawSyn = seen.Count > 0 && seen[0].Offset < 0;
        First = seen.Where(segment => segment.Length > 0).Select(segment => segment.Offset).FirstOrDefault(-1);
        End = SawSyn ? 0 : Math.Max(0, First);
        foreach (var segment in seen.Where(segment => segment.Offset >= 0 && !segment.Flags.Has(TcpFlags.Rst)))
        {
            if (segment.Offset > End)
                _missing.Add(new Missing(End, segment.Offset - End));
            End = Math.Max(End, segment.Offset + segment.Length);
        }
    }
}
