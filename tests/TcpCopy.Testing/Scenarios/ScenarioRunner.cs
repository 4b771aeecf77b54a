using System.Globalization;
using System.Text;
using System.Text.Json;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Session;

namespace TcpCopy.Testing.Scenarios;

/// <summary>
/// Plays a scenario against a session in virtual time. What the session sends between two inputs must be the "&gt;" lines between them, each at
/// its time, with the bytes that the client had at that position, and nothing else.
/// </summary>
public sealed class ScenarioRunner
{
    private const uint DefaultWindow = 64_240;

    private readonly Scenario _scenario;
    private readonly SessionHarness _harness;
    private readonly List<ScenarioLine> _expected = [];
    private Instant _start;
    private bool _hasTimestamps = true;

    private ScenarioRunner(Scenario scenario)
    {
        _scenario = scenario;
        // Near the wrap by default, so that every scenario crosses it.
        _harness = new SessionHarness(
            ScenarioSettings.Parse(scenario.Header("settings")), Isn("client-isn", 0xFFFF_FF00), Isn("target-isn", 0xFFFF_FFF0));
        _start = _harness.Now;
    }

    /// <exception cref="ScenarioException">It went otherwise; says at which line, what was expected and what came.</exception>
    public static void Run(Scenario scenario) => new ScenarioRunner(scenario).Run();

    private void Run()
    {
        if (_scenario.HasHeader("open"))
            Open();
        foreach (var line in _scenario.Lines)
        {
            _harness.AdvanceTo(_start + line.At);
            if (line.Actor == ScenarioActor.Session)
            {
                _expected.Add(line);
                continue;
            }
            CompareSent(line.Number);
            try
            {
                Play(line);
            }
            catch (Exception error) when (error is FormatException or IndexOutOfRangeException)
            {
                throw _scenario.Wrong(line.Number, error.Message);
            }
        }
        CompareSent(_scenario.Lines[^1].Number);
        CompareTally();
        if (_scenario.Header("outcome") is { Length: > 0 } outcome && NameOf(_harness.Session.Outcome) != outcome)
            throw _scenario.Wrong(_scenario.Lines[^1].Number, $"outcome {outcome} expected; it is {NameOf(_harness.Session.Outcome)}");
        _harness.Abort(SessionOutcome.Stopped);
        _harness.ExpectNoLeases();
    }

    /// <summary>The opening that most scenarios share, at a round-trip time of 10 ms; the scenario's own time begins behind it.</summary>
    private void Open()
    {
        Play(new ScenarioLine(1, default, ScenarioActor.Client, ["S", "0:0"]));
        Play(new ScenarioLine(1, default, ScenarioActor.Online, ["SA", "0:0"]));
        _harness.Advance(10);
        string[] words = ["SA", "0:0", "ack", "1", .. _scenario.Header("open").Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        Play(new ScenarioLine(1, default, ScenarioActor.Target, words));
        _harness.Expect("S 0:0", "A 1:0 ack 1");
        _start = _harness.Now;
    }

    private void Play(ScenarioLine line)
    {
        switch (line.Actor)
        {
            case ScenarioActor.Client:
            case ScenarioActor.Online:
                _harness.Deliver(Captured(line));
                break;
            case ScenarioActor.Target:
                _harness.Deliver(Reply(PacketWords.Parse(line.Words, "ack", "win", "sack", "mss", "scale", "ts", "ecr", "plain", "nosack")));
                break;
            default:
                Happen(line);
                break;
        }
    }

    private void Happen(ScenarioLine line)
    {
        switch (line.Words[0])
        {
            case "client-gone":
                _harness.ClientGone();
                break;
            case "send-failed":
                _harness.Session.OnSendFailed(1);
                break;
            case "abort":
                _harness.Abort(Enum.Parse<SessionOutcome>(line.Words[1], ignoreCase: true));
                break;
            case "pass":
                break;
            default:
                throw new FormatException($"'{line.Words[0]}' is none of client-gone, send-failed, abort, pass");
        }
    }

    private Segment Captured(ScenarioLine line)
    {
        var isClient = line.Actor == ScenarioActor.Client;
        var words = PacketWords.Parse(line.Words, isClient ? "seen" : "ack", "changed");
        var first = words.Sequence + (words.Flags.Has(TcpFlags.Syn) ? 1 : 0);
        var segment = _harness.Leases.Lease(BytesAt(first, words.Length, words.Has("changed!")));
        segment.Origin = isClient ? SegmentOrigin.Client : SegmentOrigin.Online;
        segment.Flags = words.Flags;
        segment.Sequence = isClient ? _harness.ClientStart + words.Sequence : ScriptedClient.OnlineStart;
        var seen = isClient ? ScriptedClient.OnlineStart + 1 + (words["seen"] ?? 0) : _harness.ClientStart + (words["ack"] ?? 1);
        segment.Acknowledgement = words.Flags.Has(TcpFlags.Ack) ? seen : default;
        segment.CapturedAt = _harness.CaptureClock;
        return segment;
    }

    private ReplyHeader Reply(PacketWords words)
    {
        var isSyn = words.Flags.Has(TcpFlags.Syn);
        if (isSyn)
            _hasTimestamps = !words.Has("plain!");
        var reply = new ReplyHeader
        {
            Sequence = _harness.TargetStart + words.Sequence,
            Acknowledgement = words["ack"] is { } acknowledged ? _harness.ClientStart + acknowledged : default,
            Flags = words.Flags,
            PayloadLength = words.Length,
            Window = (ushort)(words["win"] ?? (int)(isSyn ? DefaultWindow : 512)),
        };
        ref var options = ref reply.Options;
        if (isSyn)
            options = new TcpOptions { Mss = (ushort)(words["mss"] ?? 1_460), HasWindowScale = true, WindowScale = (byte)(words["scale"] ?? 7) };
        options.SackPermitted = isSyn && !words.Has("nosack!");
        options.HasTimestamps = _hasTimestamps;
        if (_hasTimestamps)
        {
            options.TimestampValue = words["ts"] is { } value ? unchecked((uint)value) : unchecked((uint)(_harness.Now.Ticks / TimeSpan.TicksPerMillisecond));
            options.TimestampEcho = words["ecr"] is { } echo ? unchecked((uint)echo) : _harness.Sent[^1].Header.Options.TimestampValue;
        }
        foreach (var (left, right) in words.Ranges("sack"))
            options.Sack[options.SackCount++] = new SackBlock(_harness.ClientStart + left, _harness.ClientStart + right);
        return reply;
    }

    private void CompareSent(int number)
    {
        var actual = _harness.Take();
        for (var index = 0; index < Math.Max(actual.Count, _expected.Count); index++)
        {
            var isSame = index < actual.Count && index < _expected.Count && Matches(_expected[index], actual[index]);
            if (!isSame)
                throw Differs(index < _expected.Count ? _expected[index].Number : number, actual);
        }
        _expected.Clear();
    }

    private bool Matches(ScenarioLine line, SentSegment sent)
    {
        var words = PacketWords.Parse(line.Words, "ack", "sack", "mss", "win", "ecr");
        var header = sent.Header;
        return header.Flags == words.Flags && sent.Sequence == words.Sequence && header.Length == words.Length
            && (words["ack"] is not { } acknowledged || sent.Acknowledgement == acknowledged)
            && (words["mss"] is not { } mss || header.Options.Mss == mss)
            && (words["ecr"] is not { } echo || header.Options.TimestampEcho == unchecked((uint)echo))
            && (words["win"] is not { } window || header.Window == window)
            && (!words.Ranges("sack").Any() || words.Ranges("sack").SequenceEqual(SackOf(sent)))
            && sent.At == _start + line.At && sent.Payload.AsSpan().SequenceEqual(BytesAt(words.Sequence, words.Length, isChanged: false));
    }

    private IEnumerable<(int Left, int Right)> SackOf(SentSegment sent)
    {
        for (var index = 0; index < sent.Header.Options.SackCount; index++)
            yield return (sent.Header.Options.Sack[index].Left - _harness.TargetStart, sent.Header.Options.Sack[index].Right - _harness.TargetStart);
    }

    private ScenarioException Differs(int number, IReadOnlyList<SentSegment> actual)
    {
        var text = new StringBuilder("sent otherwise\n  expected:");
        foreach (var line in _expected)
            text.Append(CultureInfo.InvariantCulture, $"\n    {line.At.TotalSeconds:0.000} > {string.Join(' ', line.Words)}");
        text.Append("\n  sent:");
        foreach (var sent in actual)
        {
            var echo = sent.Header.Options.TimestampEcho;
            var blocks = string.Join(',', SackOf(sent).Select(block => $"{block.Left}-{block.Right}"));
            text.Append(CultureInfo.InvariantCulture, $"\n    {(sent.At - _start).TotalSeconds:0.000} > {sent} ecr {echo} sack {blocks}");
        }
        return _scenario.Wrong(number, text.ToString());
    }

    private void CompareTally()
    {
        var words = _scenario.Header("tally").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var tally = _harness.Session.Tally;
        for (var index = 0; index + 1 < words.Length; index += 2)
        {
            var actual = words[index] switch
            {
                "requests" => tally.RequestsCaptured,
                "requests-lost" => tally.RequestsLost,
                "bytes" => tally.BytesCaptured,
                "bytes-lost" => tally.BytesLost,
                "retransmissions" => tally.Retransmissions,
                "expired" => tally.ReplyWaitsExpired,
                "conflicting" => tally.ConflictingBytes,
                "joined" => tally.Joined,
                "reopened" => tally.Reopened,
                _ => throw _scenario.Wrong(1, $"'{words[index]}' is nothing that is counted"),
            };
            if (actual != long.Parse(words[index + 1], CultureInfo.InvariantCulture))
                throw _scenario.Wrong(1, $"{words[index]} {words[index + 1]} expected; counted were {actual}");
        }
    }

    private uint Isn(string header, uint otherwise) =>
        _scenario.Header(header) is { Length: > 0 } text ? uint.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    private static string NameOf(SessionOutcome? outcome) =>
        outcome is { } ended ? JsonNamingPolicy.KebabCaseLower.ConvertName(ended.ToString()) : "open";

    /// <summary>What the client has at a relative position: a to z over and over; capitals where it repeats with other bytes.</summary>
    private static byte[] BytesAt(int position, int length, bool isChanged)
    {
        var bytes = new byte[length];
        for (var index = 0; index < length; index++)
            bytes[index] = (byte)((isChanged ? 'A' : 'a') + ((position + index) % 26));
        return bytes;
    }
}
