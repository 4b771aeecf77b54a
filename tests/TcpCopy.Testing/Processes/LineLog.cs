namespace TcpCopy.Testing.Processes;

/// <summary>Lines that one thread adds while others look.</summary>
internal sealed class LineLog
{
    private readonly List<string> _lines = [];

    public string Text
    {
        get
        {
            lock (_lines)
                return string.Join('\n', _lines);
        }
    }

    /// <summary>Null, the stream's end, is no line.</summary>
    public void Add(string? line)
    {
        if (line is null)
            return;
        lock (_lines)
            _lines.Add(line);
    }

    public bool Holds(string text)
    {
        lock (_lines)
            return _lines.Exists(line => line.Contains(text, StringComparison.Ordinal));
    }
}
