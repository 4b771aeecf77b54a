using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Codec;
using TcpCopy.Packets.Sending;
using TcpCopy.Packets.Tests.Capture;
using TcpCopy.Testing;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Packets.Tests.Sending;

/// <summary>Sending past IP, between two hosts in network namespaces that two pairs of devices join: v0 to v1 and, without addresses, w0 to w1.</summary>
public sealed class LinkLayerTests : IDisposable
{
    private const byte Dscp = 0x15;
    private const string TargetHardware = "02:00:00:00:00:03";
    private const string TargetV4 = "10.232.0.3";
    private const string TargetV6 = "fd00:232::3";

    private readonly NetworkNamespace _online = new();
    private readonly NetworkNamespace _target = new();
    private readonly ManualTime _time = new();
    private readonly List<(object? Tag, int Errno)> _failures = [];
    private Action<Action> _elsewhere = work => work();

    public LinkLayerTests()
    {
        foreach (var pair in new[] { 'v', 'w' })
            _online.JoinTo(_target, $"{pair}0", $"{pair}1");
        _online.Ip("address", "add", "10.232.0.2/24", "dev", "v0");
        _online.Ip("address", "add", "fd00:232::2/64", "dev", "v0", "nodad");
    }

    public void Dispose()
    {
        _online.Dispose();
        _target.Dispose();
    }

    [Theory]
    [InlineData(TargetV4, TargetV4)]
    [InlineData(TargetV6, TargetV6)]
    [InlineData("10.9.9.9", TargetV4)] // behind a gateway
    public void All_but_one_packet_a_second_go_past_IP_whole_and_in_order(string target, string neighbour)
    {
        Learn(neighbour);
        if (target != neighbour)
            _online.Ip("route", "add", $"{target}/32", "via", neighbour);
        using var watch = new Watch(_target, "v1");
        using var output = new Watch(_online, "v0");
        using var sender = NewSender();

        for (var second = 0u; second < 3; second++)
        {
            Send(sender, target, first: second * 100, count: 100);
            _time.Advance();
        }

        watch.DrainUntil(300);
        Assert.Equal(Enumerable.Range(0, 300).Select(number => (uint)number), watch.Sequences);
        Assert.All(watch.Hardware, address => Assert.Equal(TargetHardware, address));
        Assert.Equal((300, 297), (sender.Counters.Packets, sender.Counters.PacketsPastIp));
        // Past the device's queue means past the captures on it, too.
        output.DrainUntil(3);
        Assert.Equal([0u, 100u, 200u], output.Sequences);
        Assert.Empty(_failures);
    }

    [Fact]
    public void A_neighbour_that_moved_is_found_within_a_second()
    {
        Learn(TargetV4);
        using var watch = new Watch(_target, "v1");
        using var sender = NewSender();
        Send(sender, TargetV4, first: 0, count: 2);

        Learn(TargetV4, "02:00:00:00:00:04");
        Send(sender, TargetV4, first: 2, count: 1);
        _time.Advance();
        Send(sender, TargetV4, first: 3, count: 2);

        watch.DrainUntil(5);
        Assert.Equal(["03", "03", "03", "04", "04"], watch.Hardware.Select(address => address[^2..]));
        Assert.Equal(3, sender.Counters.PacketsPastIp);
    }

    [Fact]
    public void A_neighbour_that_nobody_has_heard_of_for_long_is_asked_for_by_the_packet_that_goes_by_IP()
    {
        Learn(TargetV4, state: "stale");
        using var sender = NewSender();
        Send(sender, TargetV4, first: 0, count: 10);
        Assert.Equal(0, sender.Counters.PacketsPastIp);
        Assert.Contains("DELAY", _online.Ip("neighbour", "show", TargetV4), StringComparison.Ordinal);

        _time.Advance();
        Send(sender, TargetV4, first: 10, count: 10);

        Assert.Equal(9, sender.Counters.PacketsPastIp);
    }

    [Fact]
    public void While_the_kernel_does_not_answer_all_goes_by_IP_and_it_is_not_asked_twice()
    {
        Learn(TargetV4);
        List<Action> asked = [];
        _elsewhere = asked.Add;
        using var sender = NewSender();
        Send(sender, TargetV4, first: 0, count: 10);
        _time.Advance();
        Send(sender, TargetV4, first: 10, count: 10);
        Assert.Equal(0, sender.Counters.PacketsPastIp);

        _online.Run(Assert.Single(asked));
        Send(sender, TargetV4, first: 20, count: 10);

        Assert.Equal(10, sender.Counters.PacketsPastIp);
    }

    [Fact]
    public void Who_is_still_asked_when_the_sender_is_gone_has_no_answer()
    {
        List<Action> asked = [];
        _elsewhere = asked.Add;
        using (var sender = NewSender())
            Send(sender, TargetV4, first: 0, count: 1);

        Assert.Single(asked)();
    }

    [Fact]
    public void What_a_device_refuses_goes_by_IP_which_may_have_another_way()
    {
        Learn(TargetV4);
        using var watch = new Watch(_target, "w1");
        using var sender = NewSender();
        Send(sender, TargetV4, first: 0, count: 2);
        Assert.Equal(1, sender.Counters.PacketsPastIp);

        _online.Ip("link", "set", "v0", "down");
        _online.Ip("route", "add", $"{TargetV4}/32", "dev", "w0");
        Learn(TargetV4, device: "w0");
        Send(sender, TargetV4, first: 2, count: 3);

        watch.DrainUntil(3);
        Assert.Equal([2u, 3u, 4u], watch.Sequences);
        Assert.Equal((5, 1), (sender.Counters.Packets, sender.Counters.PacketsPastIp));
        Assert.Empty(_failures);
    }

    [Fact]
    public void What_IP_refuses_too_is_told_with_its_reason()
    {
        Learn(TargetV4);
        using var sender = NewSender();
        Send(sender, TargetV4, first: 0, count: 2);

        _online.Ip("link", "set", "v0", "down");
        Send(sender, TargetV4, first: 2, count: 2);

        Assert.Equal([(2u, Errno.ENETUNREACH), (3u, Errno.ENETUNREACH)], _failures.Select(failure => ((uint)failure.Tag!, failure.Errno)));
    }

    [Theory]
    [InlineData("127.0.0.1")] // this host's own
    [InlineData("10.232.0.2")] // likewise, at another device
    [InlineData("10.232.0.99")] // nobody's: the kernel asks for its hardware address in vain
    public void Without_a_known_next_hop_all_goes_by_IP(string target)
    {
        using var sender = NewSender();

        Send(sender, target, first: 0, count: 10);

        Assert.Equal((10, 0), (sender.Counters.Packets, sender.Counters.PacketsPastIp));
        Assert.Empty(_failures);
    }

    [Fact]
    public void Within_a_second_nothing_is_allocated()
    {
        Learn(TargetV4);
        using var sender = NewSender();
        var replica = ReplicaTo(TargetV4);
        var data = Data(1);
        var tag = new object();
        Run();

        Assert.Equal(0, Allocations.Of(Run));

        void Run()
        {
            for (var i = 0; i < 2_000; i++)
                sender.Queue(replica, data, tag);
            sender.Flush();
        }
    }

    private RawSocketSender NewSender() =>
        _online.Run(() => new RawSocketSender(
            Dscp, (tag, errno) => _failures.Add((tag, errno)), link: LinkLayer.Open(RawSocketSender.DefaultSendBufferBytes, _time, work => _elsewhere(work))));

    /// <summary>Has the online host know a neighbour's hardware address.</summary>
    private void Learn(string address, string hardware = TargetHardware, string device = "v0", string state = "permanent") =>
        _online.Ip("neighbour", "replace", address, "lladdr", hardware, "dev", device, "nud", state);

    /// <summary>The sender's sockets are the online host's; those that it opens later are opened there.</summary>
    private void Send(RawSocketSender sender, string target, uint first, int count) => _online.Run(() =>
    {
        for (var number = first; number < first + count; number++)
            sender.Queue(ReplicaTo(target), Data(number), number);
        sender.Flush();
    });

    private static FlowKey ReplicaTo(string target) =>
        ReplicaPackets.Flow(HostAddress.Parse(target).IsV4 ? "198.18.0.1" : "fd00:99::1", target, 8080);

    private static OutgoingSegment Data(uint sequence) => ReplicaPackets.Data(sequence, length: 100);

    /// <summary>What arrives at a device.</summary>
    private sealed class Watch(NetworkNamespace host, string device) : IDisposable
    {
        private readonly LiveCapture _capture = host.Run(() => LiveCapture.Open(new() { Device = device, Filter = "tcp or ip6" }));

        public List<uint> Sequences { get; } = [];

        /// <summary>To whom each was addressed, as "02:00:00:00:00:03".</summary>
        public List<string> Hardware { get; } = [];

        public void DrainUntil(int count) => Poll.DrainUntil(
            _capture,
            (in frame) =>
            {
                if (FrameDecoder.Decode(frame, out var packet) != DecodeResult.Tcp || packet.Dscp != Dscp)
                    return;
                Sequences.Add(packet.Sequence.Value);
                Hardware.Add(string.Join(':', frame.Bytes[..6].ToArray().Select(part => part.ToString("x2", null))));
            },
            () => Sequences.Count >= count,
            () => $"{count} packets, but {Sequences.Count}");

        public void Dispose() => _capture.Dispose();
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _seconds = 1;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds;

        public void Advance() => _seconds++;
    }
}
