using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Simulation;

/// <summary>The target's host: one connection after another on the same ports.</summary>
/// <param name="timeline">The clock.</param>
/// <param name="traits">What kind of TCP it has.</param>
/// <param name="random">Where its sequence numbers start, and what it takes back.</param>
/// <param name="send">Takes its packets; the connection is null where it answers for none.</param>
/// <param name="serve">Called when a connection has made progress.</param>
/// <param name="accuse">Takes complaints about the peer.</param>
public sealed class TargetHost(
    Timeline timeline,
    TargetTraits traits,
    Random random,
    Action<TargetConnection?, ReplyHeader> send,
    Action<TargetConnection> serve,
    Action<string> accuse)
{
    private readonly List<TargetConnection> _connections = [];

    public IReadOnlyList<TargetConnection> Connections => _connections;

    public void OnPacket(in OutgoingSegment packet, byte[] payload)
    {
        var connection = _connections.Count > 0 ? _connections[^1] : null;
        if (IsNew(packet, connection))
            Open(packet);
        else if (connection is { End.WasReset: false })
            connection.End.OnPacket(packet, payload);
        else if (!packet.Flags.Has(TcpFlags.Rst))
            send(null, Refusal(packet, payload.Length));
    }

    /// <summary>RFC 6191: a connection in TIME-WAIT yields to a SYN that lies behind all it has received.</summary>
    private static bool IsNew(in OutgoingSegment packet, TargetConnection? connection) =>
        packet.Flags.Has(TcpFlags.Syn)
        && (connection is null || (connection.End.IsOver && packet.Sequence + 1 >= connection.First + (int)connection.End.ReceivedBytes));

    private void Open(in OutgoingSegment packet)
    {
        // Near the wrap, so that every run of any length crosses it; then on with the clock of RFC 6528, which keeps connections apart.
        var start = _connections.Count == 0
            ? new SeqNumber(unchecked((uint)-random.Next(1, 20_000)))
            : _connections[^1].Start + random.Next(250_000, 2_500_000);
        TargetConnection? connection = null;
        var end = new ReferenceTarget(timeline, traits, start, reply => send(connection, reply), accuse)
        {
            OnProgress = () => serve(connection!),
            TakesBack = () => random.NextDouble() < traits.TakesBack,
        };
        connection = new TargetConnection(packet.Sequence + 1, start, end);
        _connections.Add(connection);
        end.Open(packet);
    }

    /// <summary>RFC 9293 section 3.10.7.1: what belongs to no connection is answered with a reset.</summary>
    private static ReplyHeader Refusal(in OutgoingSegment packet, int length)
    {
        if (packet.Flags.Has(TcpFlags.Ack))
            return new ReplyHeader { Sequence = packet.Acknowledgement, Flags = TcpFlags.Rst };
        return new ReplyHeader
        {
            Acknowledgement = packet.Sequence + (length + (packet.Flags.Has(TcpFlags.Syn | TcpFlags.Fin) ? 1 : 0)),
            Flags = TcpFlags.Rst | TcpFlags.Ack,
        };
    }
}

/// <summary>One connection that the target's host has accepted.</summary>
public sealed class TargetConnection(SeqNumber first, SeqNumber start, ReferenceTarget end)
{
    /// <summary>Sequence number of the client's first byte on it.</summary>
    public SeqNumber First { get; } = first;

    /// <summary>The target's own initial sequence number.</summary>
    public SeqNumber Start { get; } = start;

    /// <summary>The server's end.</summary>
    public ReferenceTarget End { get; } = end;

    /// <summary>Requests of it that the server has answered.</summary>
    public int Answered { get; set; }

    /// <summary>The server makes up an answer.</summary>
    public bool IsThinking { get; set; }

    /// <summary>The server is about to read.</summary>
    public bool IsReading { get; set; }

    /// <summary>The server has read the client's end.</summary>
    public bool HasSeenFin { get; set; }
}
