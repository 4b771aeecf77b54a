namespace TcpCopy.Node.Remoting;

/// <summary>Bytes on their way into or out of a socket: filled at the end, consumed at the beginning, in one array that grows as needed.</summary>
internal sealed class FrameBuffer(int firstBytes)
{
    private byte[] _bytes = new byte[firstBytes];
    private int _start;
    private int _end;

    public int Count => _end - _start;

    public ReadOnlySpan<byte> Filled => _bytes.AsSpan(_start.._end);

    /// <summary>Room for at least so many bytes behind what is filled; what is written there counts once it is committed.</summary>
    public Span<byte> Reserve(int bytes) => ReserveMemory(bytes).Span;

    /// <summary>The same for who fills it later; nothing else may be reserved before that.</summary>
    public Memory<byte> ReserveMemory(int bytes)
    {
        if (_bytes.Length - _end < bytes)
            MakeRoom(bytes);
        return _bytes.AsMemory(_end);
    }

    public void Commit(int bytes) => _end += bytes;

    public void Consume(int bytes)
    {
        _start += bytes;
        if (_start < _end)
            return;
        _start = _end = 0;
        // What a single burst needed is not kept for ever.
        if (_bytes.Length > 64 * firstBytes)
            _bytes = new byte[firstBytes];
    }

    private void MakeRoom(int bytes)
    {
        var target = Count + bytes > _bytes.Length ? new byte[Math.Max(2 * _bytes.Length, Count + bytes)] : _bytes;
        Filled.CopyTo(target);
        (_bytes, _start, _end) = (target, 0, Count);
    }
}
