using System.Text;
using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Session;

/// <summary>A segment that a session sent, with its payload copied and its numbers relative to both initial sequence numbers.</summary>
public sealed record SentSegment(OutgoingSegment Header, int Sequence, int Acknowledgement, byte[] Payload, Instant At)
{
    public string Text => Encoding.Latin1.GetString(Payload);

    /// <summary>"PA 1:3 ack 1": flags, relative sequence, payload length, relative acknowledgement.</summary>
    public override string ToString()
    {
        var line = $"{Letters(Header.Flags)} {Sequence}:{Payload.Length}";
        return Header.Flags.Has(TcpFlags.Ack) ? $"{line} ack {Acknowledgement}" : line;
    }

    private static string Letters(TcpFlags flags)
    {
        var letters = new StringBuilder();
        foreach (var (flag, letter) in Names)
        {
            if (flags.Has(flag))
                letters.Append(letter);
        }
        return letters.ToString();
    }

    private static readonly (TcpFlags Flag, char Letter)[] Names =
        [(TcpFlags.Syn, 'S'), (TcpFlags.Fin, 'F'), (TcpFlags.Rst, 'R'), (TcpFlags.Psh, 'P'), (TcpFlags.Ack, 'A')];
}

/// <summary>A scenario went otherwise than it says.</summary>
public sealed class ScenarioException(string message) : Exception(message);
