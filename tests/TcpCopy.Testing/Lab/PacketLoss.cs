using System.Globalization;

namespace TcpCopy.Testing.Lab;

/// <summary>Which packets between a copier and the target get lost.</summary>
public enum LossyPackets
{
    /// <summary>Everything that replicas send, on its arrival at the target.</summary>
    Requests,

    /// <summary>Everything that the target answers, between its TCP and the tap.</summary>
    Replies,

    /// <summary>SYNs on their arrival and SYN-ACKs before the tap.</summary>
    Handshakes,
}

/// <summary>
/// Loses a share of the packets between replicas and target, at random, in the target's kernel. Requests are dropped before its TCP sees them. A reply
/// cannot be dropped on its way out, for TCP would notice (the drop is reported to it as an error): it is sent into a second sink, which has no tap.
/// </summary>
public sealed class PacketLoss
{
    private const int SinkMark = 0x7c90;
    private const int LossMark = 0x7c91;
    private const int LossTable = 791;
    private const string Device = "lost0";

    private readonly LabHost _target;

    private PacketLoss(LabHost target) => _target = target;

    /// <summary>Begins to lose packets; it ends with the lab. The interceptor may start before or after.</summary>
    /// <param name="target">Where the target and its interceptor are.</param>
    /// <param name="packets">Which.</param>
    /// <param name="percent">1 to 99.</param>
    public static async Task<PacketLoss> StartAsync(LabHost target, LossyPackets packets, int percent)
    {
        // Not every kernel has the dummy device.
        if ((await target.RunAsync("ip", "link", "add", Device, "type", "dummy")).ExitCode != 0)
            (await target.RunAsync("ip", "link", "add", Device, "type", "ifb")).Checked();
        (await target.RunAsync("ip", "link", "set", Device, "mtu", "65536", "up")).Checked();
        (await target.RunAsync("ip", "route", "add", "default", "dev", Device, "table", $"{LossTable}")).Checked();
        (await target.RunAsync("ip", "rule", "add", "fwmark", $"{LossMark}", "lookup", $"{LossTable}")).Checked();
        await target.ApplyRulesAsync(Rules(packets, percent));
        return new PacketLoss(target);
    }

    /// <summary>How many packets were lost so far.</summary>
    public async Task<long> CountAsync()
    {
        var table = (await _target.RunAsync("nft", "list", "table", "inet", "loss")).Checked().Output;
        var words = table.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return words.Zip(words.Skip(1)).Where(pair => pair.First == "packets").Sum(pair => long.Parse(pair.Second, CultureInfo.InvariantCulture));
    }

    private static string Rules(LossyPackets packets, int percent)
    {
        var share = $"numgen random mod 100 < {percent} counter";
        var (request, reply) = packets switch
        {
            LossyPackets.Requests => (share, null),
            LossyPackets.Replies => (null, share),
            _ => ($"tcp flags & (syn | ack) == syn {share}", $"tcp flags & (syn | ack) == (syn | ack) {share}"),
        };
        // Behind the interceptor's own rules, at priority -150, which set the mark.
        return $$"""
            table inet loss {
              chain requests {
                type filter hook prerouting priority -400; policy accept;
                {{(request is null ? "" : $"ip dscp 0x2a {request} drop")}}
              }
              chain replies {
                type route hook output priority -100; policy accept;
                {{(reply is null ? "" : $"meta mark {SinkMark} {reply} meta mark set {LossMark}")}}
              }
            }
            """;
    }
}
