namespace TcpCopy.Core.Session;

/// <summary>The congestion window of RFC 5681 with NewReno's recovery (RFC 6582), in bytes.</summary>
internal struct CongestionWindow
{
    /// <summary>RFC 6928.</summary>
    private const int InitialSegments = 10;

    private int _segment;
    private int _threshold;
    private int _acknowledged;

    /// <summary>Bytes that may be in flight; without congestion control there is no such bound.</summary>
    public int Bytes { get; private set; }

    public bool IsEnabled { get; private set; }

    public static CongestionWindow Start(int segmentSize, bool isEnabled) => new()
    {
        _segment = segmentSize,
        _threshold = int.MaxValue,
        Bytes = isEnabled ? InitialSegments * segmentSize : int.MaxValue,
        IsEnabled = isEnabled,
    };

    /// <summary>Slow start or congestion avoidance (RFC 5681 section 3.1).</summary>
    /// <param name="bytes">Newly acknowledged.</param>
    /// <param name="inFlight">Before this acknowledgement: a window that is not used must not grow (RFC 9293 section 3.8.2, RFC 7661).</param>
    public void OnAcknowledged(int bytes, int inFlight)
    {
        if (!IsEnabled || inFlight < Bytes / 2)
            return;
        if (Bytes < _threshold)
        {
            // A host whose device joins segments acknowledges dozens at once. The bound of two segments that RFC 3465 section 2.3 sets would
            // make an exponential start a linear one.
            Grow(bytes);
            return;
        }
        _acknowledged += bytes;
        if (_acknowledged < Bytes)
            return;
        _acknowledged -= Bytes;
        Grow(_segment);
    }

    /// <summary>Three duplicate ACKs (RFC 5681 section 3.2, steps 2 and 3).</summary>
    /// <param name="inFlight">Bytes sent and not acknowledged.</param>
    /// <param name="isInflated">Count the three segments that have left the network: where no scoreboard does (RFC 6675 section 5).</param>
    public void EnterRecovery(int inFlight, bool isInflated)
    {
        if (!IsEnabled)
            return;
        LowerThreshold(inFlight);
        Bytes = isInflated ? _threshold + (3 * _segment) : _threshold;
    }

    /// <summary>Each further duplicate ACK says that a segment has left the network (step 4).</summary>
    public void Inflate()
    {
        if (IsEnabled)
            Grow(_segment);
    }

    /// <summary>RFC 6582 section 3.2 step 3, partial acknowledgement.</summary>
    public void Deflate(int bytes)
    {
        if (IsEnabled)
            Bytes = Math.Max(_segment, Bytes - bytes + (bytes >= _segment ? _segment : 0));
    }

    /// <summary>
    /// RFC 6582 section 3.2 step 3, full acknowledgement, in the variant that avoids a burst. With a scoreboard the window has stood at the threshold all
    /// along, and stays there (RFC 6675 section 5).
    /// </summary>
    public void LeaveRecovery(int inFlight, bool isInflated)
    {
        if (IsEnabled)
            Bytes = isInflated ? Math.Min(_threshold, Math.Max(inFlight, _segment) + _segment) : _threshold;
    }

    /// <summary>RFC 5681 section 3.1, equation 4 and the loss window of one segment.</summary>
    public void OnTimeout(int inFlight)
    {
        if (!IsEnabled)
            return;
        LowerThreshold(inFlight);
        Bytes = _segment;
        _acknowledged = 0;
    }

    /// <summary>RFC 5681 section 4.1: after silence longer than the RTO the old window says nothing about the path.</summary>
    public void Restart()
    {
        if (IsEnabled)
            Bytes = Math.Min(Bytes, InitialSegments * _segment);
    }

    private void LowerThreshold(int inFlight) => _threshold = Math.Max(inFlight / 2, 2 * _segment);

    private void Grow(int bytes) => Bytes = (int)Math.Min((long)Bytes + bytes, int.MaxValue);
}
