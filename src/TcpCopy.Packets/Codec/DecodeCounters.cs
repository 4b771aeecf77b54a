namespace TcpCopy.Packets.Codec;

/// <summary>How many frames had each result. Written by one thread, read from any.</summary>
public sealed class DecodeCounters
{
    private readonly long[] _counts = new long[Enum.GetValues<DecodeResult>().Length];

    public long this[DecodeResult result] => Volatile.Read(ref _counts[(int)result]);

    public long Total
    {
        get
        {
            var total = 0L;
            for (var i = 0; i < _counts.Length; i++)
                total += Volatile.Read(ref _counts[i]);
            return total;
        }
    }

    public void Count(DecodeResult result)
    {
        ref var count = ref _counts[(int)result];
        Volatile.Write(ref count, count + 1);
    }
}
