using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Simulation;

/// <summary>A segment that the client sent to the online host.</summary>
/// <param name="At">When, after the start.</param>
/// <param name="Offset">In its stream; -1 for the SYN.</param>
/// <param name="Length">Bytes of payload.</param>
/// <param name="Flags">Of its header.</param>
/// <param name="Seen">Bytes of the online host's answers that it acknowledges.</param>
public readonly record struct ClientSegment(TimeSpan At, int Offset, int Length, TcpFlags Flags, int Seen)
{
    /// <summary>The payload is a byte of garbage: a keep-alive probe.</summary>
    public bool IsGarbage { get; init; }
}

/// <summary>What one client says to the online host, written down beforehand: a client hears nothing of being copied.</summary>
public sealed class OnlineClient
{
    private readonly ClientTraits _traits;
    private readonly Random _random;
    private readonly List<ClientSegment> _sent = [];
    private readonly List<int> _requests = [];
    private TimeSpan _at;
    private int _seen;
    private int _end;

    public OnlineClient(NetworkPlan plan, Random random)
    {
        _traits = plan.Client;
        _random = random;
        Stream = new byte[plan.Exchanges.Sum(exchange => exchange.Request)];
        random.NextBytes(Stream);
        Start = NearWrap(Stream.Length);
        OnlineStart = NearWrap(plan.Exchanges.Sum(exchange => exchange.OnlineAnswer));
        Talk(plan.Exchanges);
        End(plan);
        _sent.Sort((one, other) => one.At.CompareTo(other.At));
    }

    /// <summary>All that the client sends, in order.</summary>
    public byte[] Stream { get; }

    /// <summary>Its initial sequence number.</summary>
    public SeqNumber Start { get; }

    /// <summary>The online host's.</summary>
    public SeqNumber OnlineStart { get; }

    /// <summary>Bytes of the stream that it sent: fewer than there are where a reset cut its last request.</summary>
    public int Length => _end;

    /// <summary>Where in its stream each exchange begins.</summary>
    public IReadOnlyList<int> Requests => _requests;

    public IReadOnlyList<ClientSegment> Sent => _sent;

    private SeqNumber NearWrap(int length) => new(unchecked((uint)-_random.Next(1, length + 2)));

    private void Talk(IReadOnlyList<Exchange> exchanges)
    {
        Add(_at, -1, 0, TcpFlags.Syn);
        for (var index = 0; index < exchanges.Count; index++)
        {
            var exchange = exchanges[index];
            var isLast = index == exchanges.Count - 1;
            _at += _traits.Pause;
            _requests.Add(_end);
            var isCut = isLast && _traits.Ending == ClientEnding.ResetInRequest && exchange.Request > 1;
            Request(isCut ? _random.Next(1, exchange.Request) : exchange.Request, isLast && _traits.Ending == ClientEnding.FinWithData);
            if (isLast && _traits.Ending is ClientEnding.FinBeforeAnswer or ClientEnding.FinWithData or ClientEnding.ResetInRequest)
                break;
            _seen += exchange.OnlineAnswer;
            if (Chance(_traits.KeepAlives) && _end > 0)
                Probe();
        }
    }

    private void Request(int length, bool hasFin)
    {
        var (from, to) = (_end, _end + length);
        var goesOnAt = _at;
        for (_end = from; _end < to;)
        {
            var size = Math.Min(to - _end, _random.Next(1, _traits.LargestSegment + 1));
            _at += TimeSpan.FromMicroseconds(10);
            var flags = hasFin && _end + size == to ? TcpFlags.Ack | TcpFlags.Fin : TcpFlags.Ack | TcpFlags.Psh;
            if (Chance(_traits.AcknowledgesInBetween))
                _seen += _random.Next(1, 3_000);
            if (Chance(_traits.Lost) && !flags.Has(TcpFlags.Fin))
                goesOnAt = Repeat(_at + TimeSpan.FromMilliseconds(200 + (100 * _random.NextDouble())), _end, _end + size);
            else
                Add(_at, _end, size, flags);
            _end += size;
            if (Chance(_traits.Repeats))
                Repeat(_at + TimeSpan.FromMicroseconds(_random.Next(400)), _random.Next(Math.Max(from, _end - 5_000), _end), _end);
        }
        // What is to be answered has to be there first.
        _at = goesOnAt > _at ? goesOnAt : _at;
    }

    private TimeSpan Repeat(TimeSpan at, int from, int to)
    {
        while (from < to)
        {
            var size = Math.Min(to - from, _random.Next(1, _traits.LargestSegment + 1));
            Add(at, from, size, TcpFlags.Ack);
            at += TimeSpan.FromMicroseconds(10);
            from += size;
        }
        return at;
    }

    /// <summary>RFC 9293 section 3.8.4: one before what comes next, with nothing or with a byte that means nothing.</summary>
    private void Probe()
    {
        _at += TimeSpan.FromMilliseconds(2);
        _sent.Add(new(_at, _end - 1, _traits.ProbesCarryGarbage ? 1 : 0, TcpFlags.Ack, _seen) { IsGarbage = true });
    }

    private void End(NetworkPlan plan)
    {
        // Late enough that nothing of the client's is behind it: a reset is said not to be waited for.
        var at = _at + _traits.Pause + (IsReset ? plan.Capture.LateBy : TimeSpan.Zero);
        var serverFin = plan.Server.ClosesFirst ? 1 : 0;
        if (IsReset)
            Add(at, _end, 0, TcpFlags.Ack | TcpFlags.Rst);
        else if (_traits.Ending is ClientEnding.Fin or ClientEnding.FinBeforeAnswer)
            Add(at, _end, 0, TcpFlags.Ack | TcpFlags.Fin, _traits.Ending == ClientEnding.Fin ? serverFin : 0);
        if (_traits.Ending is ClientEnding.Fin or ClientEnding.FinWithData && Chance(_traits.Repeats))
            Add(at + TimeSpan.FromMilliseconds(1), _end, 0, TcpFlags.Ack | TcpFlags.Fin);
    }

    private bool IsReset => _traits.Ending is ClientEnding.Reset or ClientEnding.ResetInRequest;

    private void Add(TimeSpan at, int offset, int length, TcpFlags flags, int more = 0) =>
        _sent.Add(new ClientSegment(at, offset, length, flags, _seen + more));

    private bool Chance(double share) => share > 0 && _random.NextDouble() < share;
}
