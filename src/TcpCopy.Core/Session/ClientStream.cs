using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// The client's byte stream, put together from captured segments in whatever order and overlap they came. It holds what the target has not
/// acknowledged; the first copy of a byte is the one that counts.
/// </summary>
internal sealed class ClientStream(SeqNumber start)
{
    // Sorted by position, without overlap. The first _inOrder pieces follow each other without a hole, up to End.
    private Ring<Piece> _pieces;
    private int _inOrder;
    private int _cursor;

    /// <summary>Position behind the last byte that has all bytes before it.</summary>
    public SeqNumber End { get; private set; } = start;

    /// <summary>True when bytes are held behind a hole that the capture has not filled.</summary>
    public bool HasGap => _pieces.Count > _inOrder;

    /// <summary>When the first of the bytes that are held was captured; null when none is.</summary>
    public Instant? OldestCapturedAt => _pieces.Count > 0 ? _pieces[0].Source.CapturedAt : null;

    /// <summary>Payload bytes held.</summary>
    public long BufferedBytes { get; private set; }

    /// <summary>Differing bytes among repeated ones, as far as the first copy was still held.</summary>
    public long ConflictingBytes { get; private set; }

    /// <summary>Takes over the caller's hold on <paramref name="segment"/>.</summary>
    /// <param name="segment">A client's.</param>
    /// <param name="finAt">Where the stream ends, once that is known; RFC 9293 section 3.10.7.4: nothing behind a FIN is part of it.</param>
    /// <returns>How many bytes were new.</returns>
    public int Add(Segment segment, SeqNumber? finAt)
    {
        // RFC 9293 section 3.10.7.4: what a SYN carries starts behind the SYN's own place in sequence space.
        var first = segment.Sequence + (segment.Flags.Has(TcpFlags.Syn) ? 1 : 0);
        var end = first + segment.PayloadLength;
        if (finAt is { } fin)
            end = SeqNumber.Min(end, fin);
        var added = end <= first ? 0 : Insert(segment, first, end);
        segment.Release();
        return added;
    }

    /// <summary>Hands out, one at a time and in order, the pieces that have become part of the stream before <see cref="End"/>.</summary>
    public bool TryAdvance(out Piece piece)
    {
        if (HasGap && _pieces[_inOrder].Start == End)
        {
            piece = _pieces[_inOrder++];
            End = piece.End;
            return true;
        }
        piece = default;
        return false;
    }

    /// <summary>The first piece behind the hole; only while there is one.</summary>
    public ref readonly Piece FirstHeld => ref _pieces[_inOrder];

    /// <summary>Leaves the hole at <see cref="End"/> behind; everything before it must have been released.</summary>
    public void SkipTo(SeqNumber position) => End = position;

    /// <summary>Hands out again what lies at and behind <paramref name="position"/>, where a piece must start; releases what lies before.</summary>
    public void Rewind(SeqNumber position)
    {
        ReleaseBefore(position);
        _inOrder = 0;
        _cursor = 0;
        End = position;
    }

    /// <summary>The piece that holds the byte at <paramref name="position"/>, which must be held and lie before <see cref="End"/>.</summary>
    public ref readonly Piece PieceAt(SeqNumber position)
    {
        // Sending asks for the same piece or the next one nearly always.
        if (_cursor >= _inOrder || position < _pieces[_cursor].Start)
            _cursor = 0;
        if (position >= _pieces[_cursor].End && _cursor + 1 < _inOrder)
            _cursor++;
        if (position < _pieces[_cursor].Start || position >= _pieces[_cursor].End)
            _cursor = FirstEndingAfter(position);
        return ref _pieces[_cursor];
    }

    /// <summary>Releases the segments of which every byte lies before <paramref name="position"/>.</summary>
    public void ReleaseBefore(SeqNumber position)
    {
        while (_inOrder > 0 && _pieces[0].End <= position)
        {
            Release(_pieces[0]);
            _pieces.RemoveFirst();
            _inOrder--;
            _cursor = Math.Max(0, _cursor - 1);
        }
    }

    /// <summary>Releases every segment; the stream is not used afterwards.</summary>
    public void ReleaseAll()
    {
        for (var index = 0; index < _pieces.Count; index++)
            Release(_pieces[index]);
        _pieces.Clear();
        _inOrder = 0;
    }

    private void Release(in Piece piece)
    {
        BufferedBytes -= piece.Length;
        piece.Source.Release();
    }

    private int Insert(Segment segment, SeqNumber first, SeqNumber end)
    {
        CountConflicts(segment, first, end);
        var added = 0;
        var position = SeqNumber.Max(first, End);
        var index = _inOrder;
        while (position < end)
        {
            while (index < _pieces.Count && _pieces[index].End <= position)
                index++;
            var hole = index < _pieces.Count ? SeqNumber.Min(end, _pieces[index].Start) : end;
            if (position < hole)
            {
                Hold(segment, index++, position, position - first, hole - position);
                added += hole - position;
            }
            position = index < _pieces.Count ? SeqNumber.Max(hole, _pieces[index].End) : hole;
        }
        return added;
    }

    private void Hold(Segment segment, int index, SeqNumber start, int offset, int length)
    {
        segment.Retain();
        BufferedBytes += length;
        _pieces.Insert(index, new Piece(segment, start, offset, length));
    }

    private void CountConflicts(Segment segment, SeqNumber first, SeqNumber end)
    {
        if (_pieces.Count == 0 || first >= _pieces[_pieces.Count - 1].End)
            return;
        for (var index = FirstEndingAfter(first); index < _pieces.Count && _pieces[index].Start < end; index++)
        {
            ref readonly var piece = ref _pieces[index];
            var from = SeqNumber.Max(first, piece.Start);
            var to = SeqNumber.Min(end, piece.End);
            ConflictingBytes += Differences(piece.Bytes(from, to), segment.Payload.Slice(from - first, to - from));
        }
    }

    private static int Differences(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var count = 0;
        for (var index = left.CommonPrefixLength(right); index < left.Length; index++)
        {
            if (left[index] != right[index])
                count++;
        }
        return count;
    }

    private int FirstEndingAfter(SeqNumber position)
    {
        var low = 0;
        var high = _pieces.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_pieces[middle].End > position)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}
