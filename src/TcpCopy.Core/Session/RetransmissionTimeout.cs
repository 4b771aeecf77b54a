namespace TcpCopy.Core.Session;

/// <summary>The retransmission time-out of RFC 6298, from round-trip samples, with exponential back-off.</summary>
internal struct RetransmissionTimeout(TimeSpan minimum)
{
    /// <summary>RFC 6298 section 2.5 allows a bound of 60 s or more.</summary>
    private static readonly TimeSpan Maximum = TimeSpan.FromSeconds(60);

    /// <summary>RFC 6298 section 2.1, before any sample.</summary>
    private static readonly TimeSpan Initial = TimeSpan.FromSeconds(1);

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
    public void AddSample(TimeSpan sample)
    {
        if (_variation == default && RoundTrip == default)
        {
            RoundTrip = sample;
            _variation = sample / 2;
        }
        else
        {
            _variation = (_variation * 3 / 4) + ((RoundTrip - sample).Duration() / 4);
            RoundTrip = (RoundTrip * 7 / 8) + (sample / 8);
        }
        _base = Estimate > minimum ? Estimate : minimum;
    }

    /// <summary>Section 5.5.</summary>
    public void BackOff() => _backOff = Math.Min(_backOff + 1, 30);

    /// <summary>Section 5.7 leaves it to us; new data acknowledged shows that the path is alive.</summary>
    public void EndBackOff() => _backOff = 0;
}
