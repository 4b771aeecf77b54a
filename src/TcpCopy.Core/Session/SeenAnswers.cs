using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Session;

/// <summary>
/// How much of the online host's answers the client's data has acknowledged. Where it acknowledges more than the data before, a request begins: its client had
/// read an answer meanwhile. A mutable struct: hold it in a field, never copy it.
/// </summary>
internal struct SeenAnswers
{
    /// <summary>What the newest data had acknowledged; null when nothing is known of it.</summary>
    public SeqNumber? Position { get; private set; }

    /// <summary>Answers begin at <paramref name="position"/>, unless data has told of more.</summary>
    public void Start(SeqNumber position) => Position ??= position;

    /// <summary>Bytes that a client that acknowledges <paramref name="position"/> has seen since the data before.</summary>
    public readonly uint Before(SeqNumber? position)
    {
        // Without the SYN-ACK the first data is taken to have seen nothing: most protocols have the client speak first, and a wait for a
        // greeting that never comes would delay every session.
        return Position is { } before && position is { } now ? now.AdvanceSince(before) : 0;
    }

    /// <summary>Takes note of data that acknowledges <paramref name="position"/>.</summary>
    /// <returns>Bytes that its client had seen since the data before: more than none begin a request.</returns>
    public uint Append(SeqNumber? position)
    {
        var answer = Before(position);
        if (Position is null || answer > 0)
            Position = position;
        return answer;
    }
}
