using System.Buffers;

namespace TcpCopy.Testing.Simulation;

/// <summary>
/// The receiving half of the reference TCP, on 64-bit offsets: 0 is the client's SYN, 1 its first byte. Whole byte strings are kept as they came.
/// </summary>
internal sealed class ReferenceInbound(TargetTraits traits)
{
    private readonly SortedDictionary<long, byte[]> _early = [];
    private readonly ArrayBufferWriter<byte> _received = new();
    private long _edge = 1 + traits.ReceiveBuffer;
    private long _announced;
    private long _finAt = -1;
    private long _latest;
    private (long Left, long Right)? _duplicate;

    /// <summary>RCV.NXT.</summary>
    public long Expected { get; private set; } = 1;

    public ReadOnlySpan<byte> Received => _received.WrittenSpan;

    public long ReceivedBytes => _received.WrittenCount;

    public long UnreadBytes => ReceivedBytes - ReadBytes;

    public long ReadBytes { get; private set; }

    public bool IsFinished => _finAt >= 0 && Expected > _finAt;

    /// <summary>First offset behind every window announced so far: it never moves back (RFC 9293 section 3.8.6).</summary>
    public long AnnouncedEdge => Math.Max(_announced, Expected);

    /// <summary>The window has opened so far that the peer should hear of it (RFC 9293 section 3.8.6.2.2).</summary>
    public bool HasNews => !IsFinished && _edge - AnnouncedEdge >= Step;

    private long Step => traits.AvoidsSillyWindows ? Math.Max(1, Math.Min(traits.ReceiveBuffer / 2, Math.Max((int)traits.Mss, 536))) : 1;

    /// <summary>The application takes bytes out of the buffer.</summary>
    public void Read(long bytes)
    {
        ReadBytes = Math.Min(ReadBytes + bytes, ReceivedBytes);
        var edge = 1 + ReadBytes + traits.ReceiveBuffer;
        if (edge - _edge >= Step || edge - Expected >= traits.ReceiveBuffer)
            _edge = Math.Max(edge, _edge);
    }

    /// <summary>The window field of a packet that leaves now, shifted by <paramref name="scale"/>.</summary>
    public ushort Announce(int scale)
    {
        var field = Math.Min(ushort.MaxValue, Math.Max(0, _edge - Expected) >> scale);
        _announced = Math.Max(_announced, Expected + (field << scale));
        return (ushort)field;
    }

    /// <summary>
    /// The acceptability test of RFC 9293 section 3.10.7.4. A bare segment right at the window's edge passes, as it must while the window is shut: it
    /// carries an acknowledgement.
    /// </summary>
    public bool IsAcceptable(long offset, int length) => length == 0
        ? offset >= Expected && offset <= AnnouncedEdge
        : offset < AnnouncedEdge && offset + length > Expected;

    /// <summary>Takes an acceptable segment in.</summary>
    /// <returns>False when nothing followed what was there: to be acknowledged at once (RFC 5681 section 4.2).</returns>
    public bool Take(long offset, byte[] payload, bool hasFin)
    {
        var end = offset + payload.Length;
        if (hasFin && end < AnnouncedEdge)
            _finAt = end;
        NoteDuplicate(offset, end);
        var room = (int)Math.Min(payload.Length, AnnouncedEdge - offset);
        var before = Expected;
        var wasWaiting = _early.Count > 0;
        _latest = offset;
        if (room > 0)
            Keep(offset, room == payload.Length ? payload : payload[..room]);
        TakeInOrder();
        if (_finAt == Expected)
            Expected++;
        return Expected > before && !wasWaiting;
    }

    /// <summary>RFC 2018 section 8: what was reported may be thrown away.</summary>
    public void TakeBack() => _early.Clear();

    /// <summary>Ranges held behind a hole, that of the newest segment first (RFC 2018 section 4), a duplicate before all (RFC 2883).</summary>
    public List<(long Left, long Right)> Holds(int limit)
    {
        var ranges = new List<(long Left, long Right)>();
        foreach (var (offset, bytes) in _early)
        {
            if (ranges.Count > 0 && ranges[^1].Right >= offset)
                ranges[^1] = (ranges[^1].Left, Math.Max(ranges[^1].Right, offset + bytes.Length));
            else
                ranges.Add((offset, offset + bytes.Length));
        }
        ranges.Sort((one, other) => HasLatest(other).CompareTo(HasLatest(one)));
        if (_duplicate is { } duplicate && traits.DuplicateSack)
            ranges.Insert(0, duplicate);
        _duplicate = null;
        if (ranges.Count > limit)
            ranges.RemoveRange(limit, ranges.Count - limit);
        return ranges;
    }

    private void NoteDuplicate(long offset, long end)
    {
        if (end > offset && offset < Expected)
            _duplicate = (offset, Math.Min(end, Expected));
        else if (_early.TryGetValue(offset, out var known))
            _duplicate = (offset, offset + Math.Min(known.Length, end - offset));
    }

    private void Keep(long offset, byte[] payload)
    {
        if (!_early.TryGetValue(offset, out var known) || known.Length < payload.Length)
            _early[offset] = payload;
    }

    private void TakeInOrder()
    {
        while (_early.Count > 0 && _early.First() is var (offset, bytes) && offset <= Expected)
        {
            _early.Remove(offset);
            var skip = (int)Math.Min(bytes.Length, Expected - offset);
            _received.Write(bytes.AsSpan(skip));
            Expected += bytes.Length - skip;
        }
    }

    private bool HasLatest((long Left, long Right) range) => range.Left <= _latest && _latest < range.Right;
}
