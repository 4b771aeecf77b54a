namespace TcpCopy.Contracts.Settings;

/// <summary>
/// Checks the form of a HOCON text before Akka's parser sees it, because that one takes unbalanced braces and unclosed quotes in silence and
/// names no line. What is checked is the part of the language that settings need: objects, lists, quoted and plain values. Includes and
/// <c>${...}</c> are refused: the parser's handling of the latter can overflow the stack, which no caller can catch.
/// </summary>
internal sealed class HoconSyntax
{
    private const string ForbiddenUnquoted = "$\"{}[]:=`^?!@*&\\";
    private const char End = '\0';

    private readonly string _text;
    private int _at;

    private HoconSyntax(string text) => _text = text;

    private char Current => _at < _text.Length ? _text[_at] : End;

    private bool AtEnd => _at >= _text.Length;

    /// <summary>Line (from 1) and reason of the first mistake; null when the text is well formed.</summary>
    public static (int Line, string Reason)? FirstFault(string text)
    {
        var syntax = new HoconSyntax(text);
        try
        {
            syntax.Document();
            return null;
        }
        catch (SyntaxFault fault)
        {
            return (text.AsSpan(0, fault.Position).Count('\n') + 1, fault.Message);
        }
    }

    private void Document()
    {
        SkipBlank();
        var braced = Current == '{';
        if (braced)
            Enclosed(Member, '}');
        else
            Items(Member, End);
        SkipBlank();
        if (!AtEnd)
            throw Fault(Current == '}' ? "a '}' without its '{'" : $"'{Current}' after the end");
    }

    private void Enclosed(Action item, char closer)
    {
        var opened = _at++;
        Items(item, closer);
        if (Current != closer)
            throw Fault($"the '{_text[opened]}' opened here is never closed", opened);
        _at++;
    }

    private void Items(Action item, char closer)
    {
        while (true)
        {
            SkipBlank();
            if (AtEnd || Current == closer || (closer == End && Current == '}'))
                return;
            item();
            SkipSpaces();
            if (Current == ',')
                _at++;
            else if (!AtEnd && Current is not ('\n' or '\r' or '#' or '}' or ']') && !AtSlashes())
                throw Fault($"'{Current}' after a value: a line end or a comma is missing, or the value needs quotes");
            else if (Current is '}' or ']' && Current != closer && closer != End)
                throw Fault($"'{Current}' where '{closer}' was expected");
        }
    }

    private void Member()
    {
        var start = _at;
        Key();
        var name = _text[start.._at].Trim();
        // The brace of a section may stand on the next line.
        var afterKey = _at;
        SkipBlank();
        if (Current == '{')
        {
            Enclosed(Member, '}');
            return;
        }
        _at = afterKey;
        if (name.EndsWith('+'))
            throw Fault("'+=' is not supported: write the whole list with '='", start);
        if (name == "include" || name.StartsWith("include ", StringComparison.Ordinal))
            throw Fault("include is not supported: write the settings into this file", start);
        if (Current is not ('=' or ':'))
            throw Fault($"'=' and a value are missing after '{name}'", start);
        _at++;
        SkipBlank();
        if (AtEnd || Current is '}' or ']' or ',' or '=' or ':')
            throw Fault($"a value is missing after '{name} ='", start);
        Value();
    }

    private void Key()
    {
        if (Current is '=' or ':' or '{' or '[' or ']' or ',')
            throw Fault($"a name is missing before '{Current}'");
        while (!AtEnd && Current is not ('=' or ':' or '{' or '\n' or '\r' or '#' or ',' or '}' or ']'))
        {
            if (Current == '"')
                Quoted();
            else if (ForbiddenUnquoted.Contains(Current))
                throw Fault($"'{Current}' in a name: put the name in quotes");
            else
                _at++;
        }
    }

    private void Value()
    {
        switch (Current)
        {
            case '{':
                Enclosed(Member, '}');
                break;
            case '[':
                Enclosed(Value, ']');
                break;
            case '"':
                Quoted();
                break;
            default:
                Unquoted();
                break;
        }
    }

    private void Quoted()
    {
        var opened = _at;
        if (_text.AsSpan(_at).StartsWith("\"\"\""))
        {
            var close = _text.IndexOf("\"\"\"", _at + 3, StringComparison.Ordinal);
            _at = close >= 0 ? close + 3 : throw Fault("the quotes opened here are never closed", opened);
            return;
        }
        for (_at++; Current != '"'; _at++)
        {
            if (AtEnd || Current is '\n' or '\r')
                throw Fault("the quote opened here is not closed on its line", opened);
            if (Current == '\\' && !"\"\\/bfnrtu".Contains(_at + 1 < _text.Length ? _text[++_at] : End))
                throw Fault($"unknown escape '\\{Current}' in quotes; a backslash itself is written '\\\\'");
        }
        _at++;
    }

    private void Unquoted()
    {
        var start = _at;
        for (; !AtEnd && Current is not ('\n' or '\r' or ',' or '}' or ']' or '#') && !AtSlashes(); _at++)
        {
            if (_text.AsSpan(_at).StartsWith("${"))
                throw Fault("substitutions (${...}) are not supported: write the value itself");
            if (ForbiddenUnquoted.Contains(Current))
                throw Fault($"'{Current}' in the value '{LineFrom(start)}': put the value in quotes");
        }
        if (_at == start)
            throw Fault("a value is missing");
    }

    private string LineFrom(int start)
    {
        var end = _text.AsSpan(start).IndexOfAny('\r', '\n');
        return (end < 0 ? _text[start..] : _text.Substring(start, end)).Trim();
    }

    private bool AtSlashes() => _text.AsSpan(_at).StartsWith("//");

    private void SkipSpaces()
    {
        while (!AtEnd && Current is not ('\n' or '\r') && (char.IsWhiteSpace(Current) || Current == '\uFEFF'))
            _at++;
    }

    /// <summary>Skips spaces, line ends and comments.</summary>
    private void SkipBlank()
    {
        while (!AtEnd)
        {
            if (char.IsWhiteSpace(Current) || Current == '\uFEFF')
                _at++;
            else if (Current == '#' || AtSlashes())
                _at = _text.IndexOf('\n', _at) is >= 0 and var lineEnd ? lineEnd : _text.Length;
            else
                return;
        }
    }

    private SyntaxFault Fault(string reason, int? position = null) => new(reason, Math.Min(position ?? _at, _text.Length));

    private sealed class SyntaxFault(string message, int position) : Exception(message)
    {
        public int Position { get; } = position;
    }
}
