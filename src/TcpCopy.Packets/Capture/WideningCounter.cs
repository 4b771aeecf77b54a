namespace TcpCopy.Packets.Capture;

/// <summary>A 64-bit count from readings of a 32-bit counter that wraps; right while it is read at least once every 2^32 counts.</summary>
internal struct WideningCounter
{
    private uint _last;

    public long Value { get; private set; }

    public void Update(uint reading)
    {
        Value += unchecked(reading - _last);
        _last = reading;
    }
}
