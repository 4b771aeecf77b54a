using System.Globalization;
using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Scenarios;

/// <summary>"PA 1:100 ack 5 win 0 sack 10-20,30-40": flags, relative position and length, then names with their values.</summary>
internal sealed class PacketWords
{
    private static readonly Dictionary<char, TcpFlags> Letters = new()
    {
        ['S'] = TcpFlags.Syn, ['F'] = TcpFlags.Fin, ['R'] = TcpFlags.Rst, ['P'] = TcpFlags.Psh, ['A'] = TcpFlags.Ack, ['U'] = TcpFlags.Urg,
    };

    private readonly Dictionary<string, string> _values = [];

    private PacketWords()
    {
    }

    public TcpFlags Flags { get; private init; }

    public int Sequence { get; private init; }

    public int Length { get; private init; }

    /// <exception cref="FormatException">Not of this form.</exception>
    public static PacketWords Parse(IReadOnlyList<string> words, params string[] names)
    {
        var place = words.Count > 1 ? words[1].Split(':') : [];
        if (place.Length != 2)
            throw new FormatException("flags and position:length are expected");
        var packet = new PacketWords { Flags = FlagsOf(words[0]), Sequence = Number(place[0]), Length = Number(place[1]) };
        for (var index = 2; index < words.Count; index++)
        {
            var name = words[index];
            if (!names.Contains(name.TrimEnd('!')))
                throw new FormatException($"'{name}' is none of {string.Join(", ", names)}");
            // "name!" stands alone; others have a value.
            packet._values[name] = name.EndsWith('!') ? "" : words[++index];
        }
        return packet;
    }

    public bool Has(string name) => _values.ContainsKey(name);

    public int? this[string name] => _values.TryGetValue(name, out var value) ? Number(value) : null;

    public IEnumerable<(int Left, int Right)> Ranges(string name) => _values.TryGetValue(name, out var value)
        ? value.Split(',').Select(range => range.Split('-')).Select(ends => (Number(ends[0]), Number(ends[1])))
        : [];

    private static TcpFlags FlagsOf(string letters) => letters == "-"
        ? TcpFlags.None
        : letters.Aggregate(TcpFlags.None, (flags, letter) => Letters.TryGetValue(letter, out var flag)
            ? flags | flag
            : throw new FormatException($"'{letter}' in '{letters}' is no flag of SFRPAU"));

    private static int Number(string text) => int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
}
