using System.Net;
using System.Net.Sockets;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Tests.Sending;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Packets.Tests.Capture;

/// <summary>Datagrams on loopback, and devices that do not work. Needs root, as the product does.</summary>
public sealed class LiveCaptureTests
{
    private const int LengthOfHeaders = 14 + 20 + 8;

    /// <summary>libpcap puts it before what the kernel kept.</summary>
    private const int CookedHeader = 16;

    [Theory]
    [InlineData("lo", false)]
    [InlineData("lo", true)]
    [InlineData("any", false)]
    public void Each_packet_of_loopback_is_seen_once_from_the_first_on(string device, bool isImmediate)
    {
        using var datagrams = new Datagrams();
        using var capture = Open(datagrams, new() { Device = device, Immediate = isImmediate, SnapLength = 2_000 });
        List<byte> seen = [];

        datagrams.Send(count: 100, length: 10);
        Poll.DrainUntil(capture, (in frame) => seen.Add(frame.Bytes[^1]), () => seen.Count >= 100, "100 frames");

        Assert.Equal(Enumerable.Range(0, 100).Select(i => (byte)i), seen);
        // "any" has no way to leave the outbound copies of one device out of its ring.
        Assert.Equal(device == "lo" ? 100 : 200, capture.Statistics.Received);
        Assert.Equal(0, capture.Statistics.Dropped);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_drain_that_stopped_at_its_limit_leaves_the_descriptor_readable(bool isImmediate)
    {
        using var datagrams = new Datagrams();
        using var capture = Open(datagrams, new() { Device = "lo", Immediate = isImmediate, SnapLength = 2_000 });
        var seen = 0;

        datagrams.Send(count: 10, length: 10);
        while (seen < 10)
        {
            Assert.True(Poll.IsReadable(capture, 10_000), $"readable with {10 - seen} frames left");
            Assert.InRange(capture.Drain(3, (in _) => seen++), 0, 3);
        }

        Assert.Equal(0, capture.Drain(3, (in _) => seen++));
        Assert.False(Poll.IsReadable(capture, 0));
    }

    [Fact]
    public void The_snap_length_cuts_and_the_wire_length_stays()
    {
        using var datagrams = new Datagrams();
        using var capture = Open(datagrams, new() { Device = "lo", SnapLength = 60 });
        var lengths = (0, 0);

        datagrams.Send(count: 1, length: 1_000);
        Poll.DrainUntil(capture, (in frame) => lengths = (frame.Bytes.Length, frame.OriginalLength), () => lengths != (0, 0), "frame");

        Assert.Equal((60, LengthOfHeaders + 1_000), lengths);
    }

    [Theory]
    [InlineData("lo", 60)]
    [InlineData("any", CookedHeader + 60)]
    public void What_the_short_filter_alone_takes_is_cut_in_the_kernel(string device, int length)
    {
        using var whole = new Datagrams();
        using var cut = new Datagrams();
        using var neither = new Datagrams();
        using var capture = LiveCapture.Open(new()
        {
            Device = device,
            Filter = $"udp dst port {whole.Port}",
            ShortFilter = $"udp dst port {cut.Port} or udp dst port {whole.Port}",
            ShortLength = 60,
            Direction = CaptureDirection.Inbound,
        });
        List<int> lengths = [];

        foreach (var datagrams in new[] { neither, cut, whole, cut })
            datagrams.Send(count: 1, length: 1_000);
        Poll.DrainUntil(capture, (in frame) => lengths.Add(frame.Bytes.Length), () => lengths.Count >= 3, "3 frames");

        Assert.Equal([length, lengths[1], length], lengths);
        Assert.InRange(lengths[1], 1_000 + 28, 1_100);
    }

    [Fact]
    public void What_found_no_room_in_the_ring_is_counted_all_the_same()
    {
        using var counted = new Datagrams();
        using var others = new Datagrams();
        using var capture = LiveCapture.Open(new()
        {
            Device = "lo",
            Filter = $"udp dst port {counted.Port} or udp dst port {others.Port}",
            CountFilter = $"udp dst port {counted.Port}",
            BufferBytes = 512 * 1024,
        });

        others.Send(count: 10, length: 1_000);
        counted.Send(count: 5_000, length: 1_000);

        var statistics = capture.Statistics;
        Assert.True(statistics.Dropped > 0);
        Assert.Equal(5_000, statistics.Counted);
        capture.Dispose();
        Assert.Equal(5_000, capture.Statistics.Counted);
    }

    [Fact]
    public void A_short_filter_that_does_not_compile_is_named()
    {
        var error = Assert.Throws<CaptureException>(() => LiveCapture.Open(new() { Device = "lo", Filter = "udp", ShortFilter = "nonsense at all" }));
        Assert.Contains("nonsense at all", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_carry_the_time_of_the_wall_clock()
    {
        using var datagrams = new Datagrams();
        using var capture = Open(datagrams, new() { Device = "lo" });
        var times = new List<DateTime>();

        var before = DateTime.UtcNow;
        datagrams.Send(count: 1, length: 1);
        Poll.DrainUntil(capture, (in frame) => times.Add(DateTime.UnixEpoch.AddTicks(frame.CapturedAt.Ticks)), () => times.Count > 0, "frame");

        Assert.InRange(times[0], before.AddSeconds(-1), DateTime.UtcNow.AddSeconds(1));
    }

    [Fact]
    public void A_handler_that_throws_costs_no_other_frame()
    {
        using var datagrams = new Datagrams();
        using var capture = Open(datagrams, new() { Device = "lo" });
        var seen = 0;
        var thrown = 0;
        void Handle(in CapturedFrame frame)
        {
            if (seen++ == 2)
                throw new InvalidOperationException("on purpose");
        }

        datagrams.Send(count: 10, length: 1);
        while (seen < 10)
        {
            Assert.True(Poll.IsReadable(capture, 10_000));
            var exception = Record.Exception(() => capture.Drain(64, Handle));
            thrown += exception is InvalidOperationException { Message: "on purpose" } ? 1 : 0;
        }

        Assert.Equal((10, 1), (seen, thrown));
    }

    [Fact]
    public void Draining_allocates_nothing()
    {
        using var datagrams = new Datagrams();
        using var capture = Open(datagrams, new() { Device = "lo", Immediate = true, SnapLength = 200 });
        var (seen, end) = (0, 0);
        FrameHandler handler = (in _) => seen++;
        Func<bool> isDrained = () =>
        {
            capture.Drain(Math.Min(64, end - seen), handler);
            return seen == end;
        };
        // Enough for a round to warm up and for all that are measured.
        datagrams.Send(count: 1_000, length: 1);
        Drain();

        Assert.Equal(0, Allocations.Of(Drain));

        void Drain()
        {
            end = seen + 100;
            Assert.True(SpinWait.SpinUntil(isDrained, 20_000));
        }
    }

    [Fact]
    public void Statistics_outlive_the_capture()
    {
        using var datagrams = new Datagrams();
        var capture = Open(datagrams, new() { Device = "lo" });
        datagrams.Send(count: 5, length: 1);

        capture.Dispose();
        capture.Dispose();

        Assert.Equal(5, capture.Statistics.Received);
        Assert.Throws<ObjectDisposedException>(() => capture.Drain(1, (in _) => { }));
    }

    [Fact]
    public void An_unknown_device_lists_those_there_are()
    {
        var exception = Assert.Throws<CaptureException>(() => LiveCapture.Open(new() { Device = "packets-none" }));

        Assert.Contains("'packets-none'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("lo", exception.Message.Split(": ")[1].Split(", "));
    }

    [Fact]
    public void Without_libpcap_the_package_is_named()
    {
        var exception = Assert.Throws<CaptureException>(() => PcapNative.Load(["libpcap-of-nowhere.so"]));

        Assert.Contains("apt-get install libpcap0.8", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_filter_that_does_not_compile_is_named()
    {
        var exception = Assert.Throws<CaptureException>(() => LiveCapture.Open(new() { Device = "lo", Filter = "tcp port http-ish" }));

        Assert.Contains("lo", exception.Message, StringComparison.Ordinal);
        Assert.Contains("tcp port http-ish", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_privilege_the_remedy_is_named()
    {
        var exception = Unprivileged.Run(() => LiveCapture.Open(new() { Device = "lo" }).Dispose());

        Assert.Contains("no permission to capture on device lo", Assert.IsType<CaptureException>(exception).Message, StringComparison.Ordinal);
        Assert.Contains("root", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_that_goes_away_ends_the_capture_with_its_name()
    {
        using var network = new NamedNetwork();
        using var capture = LiveCapture.Open(new() { Device = NamedNetwork.Device });
        network.Dispose();

        var exception = Assert.Throws<CaptureException>(
            () => Poll.DrainUntil(capture, (in _) => { }, () => false, "error"));

        Assert.Contains(NamedNetwork.Device, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_counter_that_wraps_is_widened()
    {
        var counter = default(WideningCounter);
        foreach (var reading in new uint[] { 10, uint.MaxValue, 4, 4, 1_000 })
            counter.Update(reading);

        Assert.Equal(0x1_0000_0000L + 1_000, counter.Value);
    }

    private static LiveCapture Open(Datagrams datagrams, LiveCaptureOptions options) =>
        LiveCapture.Open(options with { Filter = $"udp dst port {datagrams.Port}" });

    /// <summary>Sends numbered datagrams to a socket that takes them and does nothing.</summary>
    private sealed class Datagrams : IDisposable
    {
        private readonly Socket _receiver = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        private readonly Socket _sender = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

        public Datagrams()
        {
            _receiver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _sender.Connect(_receiver.LocalEndPoint!);
        }

        public int Port => ((IPEndPoint)_receiver.LocalEndPoint!).Port;

        public void Send(int count, int length)
        {
            for (var i = 0; i < count; i++)
            {
                var bytes = new byte[length];
                Array.Fill(bytes, (byte)i);
                _sender.Send(bytes);
            }
        }

        public void Dispose()
        {
            _receiver.Dispose();
            _sender.Dispose();
        }
    }
}
