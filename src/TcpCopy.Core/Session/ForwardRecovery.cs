using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// F-RTO (RFC 5682 section 2.1): tells a time-out behind a loss from one that only came before a late acknowledgement. Behind the first acknowledgement two
/// new segments go out instead of old ones; if what comes back acknowledges more, the old ones had arrived, and sending them all again would be for nothing.
/// </summary>
internal struct ForwardRecovery
{
    private enum Step : byte
    {
        None,

        /// <summary>The first unacknowledged segment was sent again.</summary>
        Repeated,

        /// <summary>New segments are out.</summary>
        Forward,
    }

    /// <summary>Sent behind the first acknowledgement, whatever the congestion window.</summary>
    public const int NewSegments = 2;

    private Step _step;
    private SeqNumber _sentAtTimeout;

    /// <summary>New segments are out, and nobody knows yet what they bring.</summary>
    public readonly bool IsUndecided => _step == Step.Forward;

    /// <param name="isFirst">No time-out before is still being recovered from: then the first repetition would prove nothing.</param>
    /// <param name="sent">Position behind everything sent.</param>
    public void OnTimeout(bool isFirst, SeqNumber sent) => (_step, _sentAtTimeout) = (isFirst ? Step.Repeated : Step.None, sent);

    /// <summary>Bytes are acknowledged for the first time.</summary>
    /// <param name="acknowledged">Up to here.</param>
    /// <param name="hasNewData">Data that was never sent waits, and the target takes it.</param>
    /// <returns>True when the time-out was spurious.</returns>
    public bool OnAdvance(SeqNumber acknowledged, bool hasNewData)
    {
        var isSpurious = _step == Step.Forward;
        _step = _step == Step.Repeated && hasNewData && acknowledged < _sentAtTimeout ? Step.Forward : Step.None;
        return isSpurious;
    }

    /// <summary>An acknowledgement that says nothing new.</summary>
    /// <returns>True when it answers the new segments: the old ones are lost.</returns>
    public bool OnDuplicate()
    {
        var isLoss = _step == Step.Forward;
        _step = Step.None;
        return isLoss;
    }
}
