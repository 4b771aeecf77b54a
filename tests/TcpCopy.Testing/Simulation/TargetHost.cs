using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Simulation;

/// <summary>The target's host: one connection after another on the same ports, a new one as soon as the one before was reset.</summary>
public sealed class TargetHost(Timeline timeline, TargetTraits traits, Action<ReplyHeader> send, Action<TargetConnection> serve)
{
    private readonly List<TargetConnection> _connections = [];

    public IReadOnlyList<TargetConnection> Connections => _connections;

    public void OnPacket(in OutgoingSegment packet, byte[] payload)
    {
        if (packet.Flags.Has(TcpFlags.Syn) && (_connections.Count == 0 || _connections[^1].End.WasReset))
            Open(packet.Sequence + 1);
        // Without a connection a host answers with a reset; what comes here then is only what is late on the way.
        if (_connections.Count > 0)
            _connections[^1].End.OnPacket(packet, payload);
    }

    private void Open(SeqNumber first)
    {
        TargetConnection? connection = null;
        var end = new ReferenceTarget(timeline, traits, send) { OnProgress = () => serve(connection!) };
        connection = new TargetConnection(first, end);
        _connections.Add(connection);
    }
}

/// <summary>One connection that the target's host has accepted.</summary>
/// <param name="First">Sequence number of the client's first byte on it.</param>
/// <param name="End">The server's end.</param>
public sealed record TargetConnection(SeqNumber First, ReferenceTarget End)
{
    /// <summary>Requests of it that the server has answered, for the server's own use.</summary>
    public int Answered { get; set; }
}
