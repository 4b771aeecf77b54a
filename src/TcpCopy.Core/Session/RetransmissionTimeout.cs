namespace TcpCopy.Core.Session;

/// <summary>The retransmission time-out of RFC 6298, from round-trip samples, with exponential back-off.</summary>
internal struct RetransmissionTimeout(TimeSpan minimum)
{
    /// <summary>RFC 6298 section 2.5 allows a bound of 60 s or more.</summary>
    private static readonly TimeSpan Maximum = TimeSpan.FromSeconds(60);

    /// <summary>RFC 6298 section 2.1, before any sample.</summary>
    private static readonly TimeSpan Initial = TimeSpan.FromSeconds(1);

    /// <summary>RFC 6298 section 5.7, when the SYN had to be repeated and nothing was measured.</summary>
    private static readonly TimeSpan AfterRepeatedSyn = TimeSpan.FromSeconds(3);

    private TimeSpan _variation;
    private TimeSpan _base = Initial > minimum ? Initial : minimum;
    private int _backOff;

    /// <summary>Smoothed round-trip time; zero before the first sample.</summary>
    public TimeSpan RoundTrip { get; private set; }

    /// <summary>By when an acknowledgement is due most likely; without bounds and back-off.</summary>
    public readonly TimeSpan Estimate => RoundTrip + (4 * _variation);

    public readonly TimeSpan Current
    {
        get
        {
            var ticks = _backOff > 20 ? long.MaxValue : _base.Ticks << _backOff;
            return new TimeSpan(Math.Min(ticks, Maximum.Ticks));
        }
    }

    /// <summary>RFC 6298 sections 2.2 and 2.3.</summary>
    /// <param name="sample">From a packet to its acknowledgement.</param>
    /// <param name="others">
    /// Samples that the same flight brings besides, about. They share the weight of one (RFC 7323 appendix G): the many of one batch would soon look like
    /// a path without variation.
    /// </param>
    public void AddSample(TimeSpan sample, int others = 0)
    {
        if (_variation == default && RoundTrip == default)
        {
            RoundTrip = sample;
            _variation = sample / 2;
        }
        else
        {
            var share = 1 + others;
            _variation += ((RoundTrip - sample).Duration() - _variation) / (4 * share);
            RoundTrip += (sample - RoundTrip) / (8 * share);
        }
        _base = Estimate > minimum ? Estimate : minimum;
    }

    /// <summary>The handshake took so long that a repetition may well have been needless; holds until the first sample.</summary>
    public void OnSynRepeated() => _base = AfterRepeatedSyn > minimum ? AfterRepeatedSyn : minimum;

    /// <summary>Section 5.5.</summary>
    public void BackOff() => _backOff = Math.Min(_backOff + 1, 30);

    /// <summary>Section 5.7 leaves it to us; new data acknowledged shows that the path is alive.</summary>
    public void EndBackOff() => _backOff = 0;
}
