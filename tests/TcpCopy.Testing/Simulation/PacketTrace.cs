using System.Text;
using TcpCopy.Core.Wire;

namespace TcpCopy.Testing.Simulation;

/// <summary>
/// A run's packets, a line each, in tcpdump's manner: "C" captured, "&gt;" to the target, "&lt;" sent by the target, "^" come to the copier. Sequence
/// numbers are relative: 0 is the SYN, 1 the first byte.
/// </summary>
internal sealed class PacketTrace(SimulatedNetwork network, TextWriter writer)
{
    private static readonly (TcpFlags Flag, char Letter)[] Letters =
        [(TcpFlags.Syn, 'S'), (TcpFlags.Fin, 'F'), (TcpFlags.Rst, 'R'), (TcpFlags.Psh, 'P'), (TcpFlags.Ack, '.')];

    private SeqNumber TargetStart => network.Host.Connections.Count > 0 ? network.Host.Connections[^1].Start : default;

    public void Captured(Segment segment)
    {
        var isClient = segment.Origin == SegmentOrigin.Client;
        var (own, other) = isClient ? (network.Client.Start, network.Client.OnlineStart) : (network.Client.OnlineStart, network.Client.Start);
        Line(isClient ? 'C' : 'O', Header(segment.Flags, segment.Sequence - own, segment.PayloadLength, segment.Acknowledgement - other));
    }

    public void Sent(in OutgoingSegment packet, int length, Fate fate)
    {
        var header = Header(packet.Flags, packet.Sequence - network.Client.Start, length, packet.Acknowledgement - TargetStart);
        Line('>', header + Options(packet.Options, TargetStart) + Name(fate));
    }

    public void Replied(TargetConnection? connection, in ReplyHeader reply, Fate fate) => Reply('<', connection, reply, Name(fate));

    public void Arrived(TargetConnection? connection, in ReplyHeader reply) => Reply('^', connection, reply, "");

    public void Note(string text) => Line('#', text);

    private void Reply(char direction, TargetConnection? connection, in ReplyHeader reply, string fate)
    {
        var start = connection?.Start ?? TargetStart;
        var header = Header(reply.Flags, reply.Sequence - start, reply.PayloadLength, reply.Acknowledgement - network.Client.Start);
        Line(direction, $"{header} win {reply.Window}{Options(reply.Options, network.Client.Start)}{fate}");
    }

    private void Line(char direction, string text) => writer.WriteLine($"{network.Timeline.Elapsed.TotalSeconds,12:0.000000} {direction} {text}");

    private static string Header(TcpFlags flags, int sequence, int length, int acknowledgement)
    {
        var text = new StringBuilder();
        foreach (var (flag, letter) in Letters)
            _ = flags.Has(flag) ? text.Append(letter) : text;
        text.Append($" {sequence}:{sequence + length}({length})");
        return flags.Has(TcpFlags.Ack) ? text.Append($" ack {acknowledgement}").ToString() : text.ToString();
    }

    private static string Options(in TcpOptions options, SeqNumber start)
    {
        var text = new StringBuilder();
        if (options.Mss > 0)
            text.Append($" mss {options.Mss}");
        if (options.HasWindowScale)
            text.Append($" scale {options.WindowScale}");
        if (options.HasTimestamps)
            text.Append($" ts {options.TimestampValue} echo {options.TimestampEcho}");
        for (var index = 0; index < options.SackCount; index++)
            text.Append($" sack {options.Sack[index].Left - start}:{options.Sack[index].Right - start}");
        return text.ToString();
    }

    private static string Name(Fate fate) => fate switch
    {
        Fate.Carried => "",
        Fate.Doubled => "  [twice]",
        Fate.Lost => "  [lost]",
        Fate.BlackedOut => "  [black-out]",
        _ => "  [too large]",
    };
}
