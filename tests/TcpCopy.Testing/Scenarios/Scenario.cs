using System.Globalization;
using TcpCopy.Testing.Session;

namespace TcpCopy.Testing.Scenarios;

/// <summary>Who speaks in a line of a scenario.</summary>
public enum ScenarioActor
{
    /// <summary>The client, as captured.</summary>
    Client,

    /// <summary>The online host, of which the capture sees the SYN-ACK.</summary>
    Online,

    /// <summary>"&lt;": a packet of the target's.</summary>
    Target,

    /// <summary>"&gt;": what the session must send then.</summary>
    Session,

    /// <summary>Something that happens to the session: gone, abort, send-failed.</summary>
    Event,
}

/// <summary>One line: when, who, and the words behind.</summary>
/// <param name="Number">In the file, from 1.</param>
/// <param name="At">Since the scenario began.</param>
public sealed record ScenarioLine(int Number, TimeSpan At, ScenarioActor Actor, IReadOnlyList<string> Words);

/// <summary>A scenario as it stands in its file; the notation is explained in tests/TcpCopy.Core.Tests/Scenarios/README.md.</summary>
public sealed class Scenario
{
    private const int MaxLines = 44;

    private readonly Dictionary<string, string> _headers = [];
    private readonly List<ScenarioLine> _lines = [];

    private Scenario(string name) => Name = name;

    public string Name { get; }

    public IReadOnlyList<ScenarioLine> Lines => _lines;

    /// <exception cref="ScenarioException">The file says something that cannot be understood; with its line.</exception>
    public static Scenario Read(string path)
    {
        var scenario = new Scenario(Path.GetFileName(path));
        var (number, at) = (0, TimeSpan.Zero);
        foreach (var text in File.ReadAllLines(path))
        {
            number++;
            var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (words.Length == 0 || words[0].StartsWith('#'))
                continue;
            if (words[0].EndsWith(':'))
                scenario._headers[words[0].TrimEnd(':')] = string.Join(' ', words[1..]);
            else
                at = scenario.Add(number, at, words);
        }
        if (number > MaxLines)
            throw scenario.Wrong(number, $"a scenario has at most {MaxLines} lines: split it");
        foreach (var header in new[] { "purpose", "rule" })
        {
            if (!scenario._headers.ContainsKey(header))
                throw scenario.Wrong(1, $"'{header}:' is missing");
        }
        return scenario;
    }

    /// <summary>The text behind "name:"; empty when it is not there.</summary>
    public string Header(string name) => _headers.GetValueOrDefault(name, "");

    public bool HasHeader(string name) => _headers.ContainsKey(name);

    public ScenarioException Wrong(int line, string what) => new($"{Name}:{line}: {what}");

    private TimeSpan Add(int number, TimeSpan before, string[] words)
    {
        var isRelative = words[0].StartsWith('+');
        if (words.Length < 2 || !decimal.TryParse(words[0].TrimStart('+'), CultureInfo.InvariantCulture, out var seconds))
            throw Wrong(number, $"'{string.Join(' ', words)}' does not begin with a time in seconds and an actor");
        var at = new TimeSpan((long)(seconds * TimeSpan.TicksPerSecond)) + (isRelative ? before : TimeSpan.Zero);
        if (at < before)
            throw Wrong(number, "time runs back");
        ScenarioActor actor = words[1] switch
        {
            "client" => ScenarioActor.Client,
            "online" => ScenarioActor.Online,
            "<" => ScenarioActor.Target,
            ">" => ScenarioActor.Session,
            "event" => ScenarioActor.Event,
            _ => throw Wrong(number, $"'{words[1]}' is none of client, online, <, >, event"),
        };
        _lines.Add(new ScenarioLine(number, at, actor, words[2..]));
        return at;
    }
}
