using PacketDotNet;
using SharpPcap.LibPcap;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Tests.Codec;
using Xunit;

namespace TcpCopy.Packets.Tests.Capture;

/// <summary>The filter run by libpcap's own interpreter over made-up frames; <see cref="FilteredTrafficTests"/> has the kernel run it.</summary>
public sealed class CaptureFilterTests
{
    private const byte Dscp = 0x2a;
    private const ushort Port = 8_080;

    private static readonly Transfer AnyAddress = TransferOf(null);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_matters_passes_and_bare_acknowledgements_do_not(bool isV4)
    {
        var filter = CaptureFilter.Build([AnyAddress], Dscp);
        var client = Frames.Flow(isV4);
        var options = new TcpOptions { HasTimestamps = true };

        Assert.True(Matches(filter, Frames.Packet(client, [1], TcpFlags.Ack, options)));
        Assert.True(Matches(filter, Frames.Packet(client, [], TcpFlags.Syn, options)));
        Assert.True(Matches(filter, Frames.Packet(client, [], TcpFlags.Fin | TcpFlags.Ack, options)));
        Assert.True(Matches(filter, Frames.Packet(client, [], TcpFlags.Rst)));
        Assert.False(Matches(filter, Frames.Packet(client, [], TcpFlags.Ack)));
        Assert.False(Matches(filter, Frames.Packet(client, [], TcpFlags.Ack, options)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_what_passes_clients_SYNs_begin_a_connection(bool isV4)
    {
        var filter = CaptureFilter.BuildBeginnings([AnyAddress], Dscp, "", FlowShard.Whole);
        var client = Frames.Flow(isV4);

        Assert.True(Matches(filter, Frames.Packet(client, [], TcpFlags.Syn)));
        Assert.False(Matches(filter, Frames.Packet(client, [], TcpFlags.Syn, dscp: Dscp)));
        Assert.False(Matches(filter, Frames.Packet(client, [1], TcpFlags.Ack)));
        Assert.False(Matches(filter, Frames.Packet(client, [], TcpFlags.Syn | TcpFlags.Ack)));
        Assert.False(Matches(filter, Frames.Packet(client, [], TcpFlags.Syn | TcpFlags.Rst)));
        Assert.False(Matches(filter, Frames.Packet(Reverse(client), [], TcpFlags.Syn)));
        Assert.False(Matches(CaptureFilter.BuildBeginnings([AnyAddress], Dscp, "udp", FlowShard.Whole), Frames.Packet(client, [], TcpFlags.Syn)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_the_online_host_its_SYN_ACK_and_its_resets_pass(bool isV4)
    {
        var filter = CaptureFilter.Build([AnyAddress], Dscp);
        var online = Reverse(Frames.Flow(isV4));

        Assert.True(Matches(filter, Frames.Packet(online, [], TcpFlags.Syn | TcpFlags.Ack)));
        Assert.True(Matches(filter, Frames.Packet(online, [], TcpFlags.Rst | TcpFlags.Ack)));
        Assert.True(Matches(filter, Frames.Packet(online, [], TcpFlags.Rst)));
        Assert.False(Matches(filter, Frames.Packet(online, [1], TcpFlags.Ack | TcpFlags.Psh)));
        Assert.False(Matches(filter, Frames.Packet(online, [], TcpFlags.Syn)));
        Assert.False(Matches(filter, Frames.Packet(online, [], TcpFlags.Fin | TcpFlags.Ack)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Replicas_do_not_pass(bool isV4)
    {
        var filter = CaptureFilter.Build([AnyAddress], Dscp);

        Assert.False(Matches(filter, Frames.Packet(Frames.Flow(isV4), [1], dscp: Dscp)));
        Assert.False(Matches(filter, Frames.Packet(Frames.Flow(isV4), [], TcpFlags.Syn, dscp: Dscp)));
        Assert.True(Matches(filter, Frames.Packet(Frames.Flow(isV4), [1], dscp: Dscp + 1)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_address_narrows_to_one_host_and_its_family(bool isV4)
    {
        var here = Frames.Flow(isV4);
        var elsewhere = here with { Server = new(HostAddress.Parse(isV4 ? "10.9.8.8" : "fd00:1::8"), Port) };
        var filter = CaptureFilter.Build([TransferOf(here.Server.Address)], Dscp);

        Assert.True(Matches(filter, Frames.Packet(here, [1])));
        Assert.True(Matches(filter, Frames.Packet(Reverse(here), [], TcpFlags.Syn | TcpFlags.Ack)));
        Assert.False(Matches(filter, Frames.Packet(elsewhere, [1])));
        Assert.False(Matches(filter, Frames.Packet(Reverse(elsewhere), [], TcpFlags.Syn | TcpFlags.Ack)));
        Assert.False(Matches(filter, Frames.Packet(Frames.Flow(!isV4), [1])));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Super_segments_without_a_length_pass(bool isV4)
    {
        var filter = CaptureFilter.Build([AnyAddress], Dscp);
        var bytes = Frames.Packet(Frames.Flow(isV4), new byte[1_000], TcpFlags.Ack);
        bytes.AsSpan(isV4 ? 2 : 4, 2).Clear();

        Assert.True(Matches(filter, bytes));
    }

    [Fact]
    public void A_jumbogram_passes()
    {
        var filter = CaptureFilter.Build([AnyAddress], Dscp);
        (byte, byte[]) jumbo = (0, [0, 0, 0xC2, 4, 0, 1, 0x11, 0x70]);
        var bytes = Frames.WithExtensions(Frames.Packet(Frames.FlowV6, new byte[1_000], TcpFlags.Ack), jumbo);
        bytes.AsSpan(4, 2).Clear();

        Assert.True(Matches(filter, bytes));
        Assert.False(Matches(filter, Frames.WithExtensions(Frames.Packet(Frames.FlowV6, [], TcpFlags.Ack), jumbo)));
    }

    [Fact]
    public void IPv4_options_do_not_look_like_payload()
    {
        var filter = CaptureFilter.Build([AnyAddress], Dscp);

        Assert.False(Matches(filter, Frames.WithV4Options(Frames.Packet(Frames.FlowV4, [], TcpFlags.Ack), new byte[8])));
        Assert.True(Matches(filter, Frames.WithV4Options(Frames.Packet(Frames.FlowV4, [1], TcpFlags.Ack), new byte[8])));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Each_flow_falls_into_one_shard_both_ways(bool isV4)
    {
        for (ushort clientPort = 41_000; clientPort < 41_010; clientPort++)
        {
            var client = Frames.Flow(isV4);
            client = client with { Client = client.Client with { Port = clientPort } };
            for (var index = 0; index < 3; index++)
            {
                var shard = new FlowShard(index, 3);
                var filter = CaptureFilter.Build([AnyAddress], Dscp, shard: shard);
                Assert.Equal(shard.Takes(clientPort), Matches(filter, Frames.Packet(client, [1])));
                Assert.Equal(shard.Takes(clientPort), Matches(filter, Frames.Packet(Reverse(client), [], TcpFlags.Syn | TcpFlags.Ack)));
            }
        }
    }

    [Fact]
    public void The_users_filter_narrows_what_is_taken_of_clients_and_leaves_the_online_host_its_SYN_ACKs()
    {
        var filter = CaptureFilter.Build([AnyAddress, AnyAddress with { OnlinePort = 81 }], Dscp, "src net 10.1.0.0/16 or src net 10.2.0.0/16");

        Assert.True(Matches(filter, Frames.Packet(Frames.FlowV4, [1])));
        Assert.True(Matches(filter, Frames.Packet(Reverse(Frames.FlowV4), [], TcpFlags.Syn | TcpFlags.Ack)));
        Assert.False(Matches(filter, Frames.Packet(Reverse(Frames.FlowV4), [1])));
        Assert.False(Matches(filter, Frames.Packet(Frames.FlowV6, [1])));
    }

    [Fact]
    public void Many_transfers_compile_on_every_link_type()
    {
        List<Transfer> transfers = [];
        for (var i = 0; i < 40; i++)
        {
            transfers.Add(AnyAddress with { OnlinePort = (ushort)(1_000 + i) });
            transfers.Add(AnyAddress with { OnlinePort = (ushort)(2_000 + i), OnlineAddress = HostAddress.Parse($"10.0.0.{i}") });
            transfers.Add(AnyAddress with { OnlinePort = (ushort)(3_000 + i), OnlineAddress = HostAddress.Parse($"fd00::{i}") });
        }
        var filter = CaptureFilter.Build(transfers, Dscp, "not host 10.3.3.3", new FlowShard(1, 2));

        Assert.All([LinkLayers.Ethernet, LinkLayers.LinuxSll, LinkLayers.RawLegacy, LinkLayers.Null], link =>
        {
            using var program = BpfProgram.Create(link, filter);
            Assert.False(program.IsInvalid);
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_answers_what_matters_passes_in_their_shard(bool isV4)
    {
        var online = Reverse(Frames.Flow(isV4));
        var filter = CaptureFilter.BuildAnswers([AnyAddress], FlowShard.Whole);

        Assert.True(Matches(filter, Frames.Packet(online, [1], TcpFlags.Ack | TcpFlags.Psh)));
        Assert.True(Matches(filter, Frames.Packet(online, [], TcpFlags.Fin | TcpFlags.Ack)));
        Assert.True(Matches(filter, Frames.Packet(online, [], TcpFlags.Rst)));
        Assert.False(Matches(filter, Frames.Packet(online, [], TcpFlags.Ack, new TcpOptions { HasTimestamps = true })));
        Assert.False(Matches(filter, Frames.Packet(Frames.Flow(isV4), [1])));
        var shards = Enumerable.Range(0, 3).Select(index => CaptureFilter.BuildAnswers([AnyAddress], new FlowShard(index, 3)));
        Assert.Single(shards, shard => Matches(shard, Frames.Packet(online, [1])));
    }

    [Fact]
    public void Nothing_to_copy_is_an_error() => Assert.Throws<ArgumentException>(() => CaptureFilter.Build([], Dscp));

    private static Transfer TransferOf(HostAddress? address) => new(address, Port, new(HostAddress.Parse("10.7.7.7"), 80));

    private static FlowKey Reverse(FlowKey flow) => new(flow.Server, flow.Client);

    private static bool Matches(string filter, byte[] packet)
    {
        Assert.True(PcapDevice.CheckFilter(filter, out var error), error);
        using var program = BpfProgram.Create(LinkLayers.Ethernet, filter);
        return program.Matches(Frames.OnEthernet(packet).Bytes);
    }
}
