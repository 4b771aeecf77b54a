namespace TcpCopy.Packets.Sending;

/// <summary>What a sender did; written by its thread alone, read from others for display.</summary>
public sealed class SendCounters
{
    private readonly Dictionary<int, long> _failuresByErrno = [];

    public long Packets { get; private set; }

    /// <summary>Of them, those that went past IP to the link layer.</summary>
    public long PacketsPastIp { get; private set; }

    /// <summary>Whole IP packets, headers included.</summary>
    public long Bytes { get; private set; }

    /// <summary>Refused packets by errno name ("EPERM").</summary>
    public IReadOnlyDictionary<string, long> FailuresByName()
    {
        lock (_failuresByErrno)
            return _failuresByErrno.ToDictionary(pair => Errno.NameOf(pair.Key), pair => pair.Value);
    }

    internal void CountSent(int packets, long bytes, bool pastIp)
    {
        Packets += packets;
        PacketsPastIp += pastIp ? packets : 0;
        Bytes += bytes;
    }

    internal void CountFailure(int errno)
    {
        lock (_failuresByErrno)
            _failuresByErrno[errno] = _failuresByErrno.GetValueOrDefault(errno) + 1;
    }
}
