using System.Net.Sockets;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Contracts.Tests;

public sealed class SettingsReaderTests
{
    private const string Enough = "tcpcopy { copier.transfers = [\"80-10.0.0.148:8080\"], node.seeds = [\"10.0.0.148\"] }\n";

    [Fact]
    public void Every_default_of_a_copier_is_what_the_documentation_says()
    {
        var copier = Copier(Enough);

        Assert.Equal((null, 0, null), (copier.Node.Address, copier.Node.Port, copier.Node.SummaryFile));
        Assert.Equal(TimeSpan.FromSeconds(2), copier.StopGrace);
        Assert.Equal(Math.Min(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4, 1L << 30), copier.MaxMemoryBytes);
        Assert.Equal((0.5, 1.0, Math.Clamp(Environment.ProcessorCount / 4, 1, 4)), (copier.MaxCpu, copier.Sample, copier.Shards));
        Assert.Empty(copier.Capture.Devices);
        Assert.Equal(("", 262_144, 33_554_432), (copier.Capture.ExtraFilter, copier.Capture.SnapLength, copier.Capture.BufferBytes));
        Assert.Equal(TimeSpan.FromMilliseconds(10), copier.Capture.BlockWait);
        Assert.Equal((0x2a, 0, 0), (copier.Send.Dscp, copier.Send.Mtu, copier.Send.RefuseOneIn));
        Assert.Equal(
            new SessionSettings
            {
                SynTimeout = TimeSpan.FromSeconds(1),
                MinimumRto = TimeSpan.FromMilliseconds(200),
                GiveUpAfter = TimeSpan.FromSeconds(60),
                ReplyWait = TimeSpan.FromSeconds(5),
                MinimumReplyWait = TimeSpan.FromMilliseconds(50),
                Settle = TimeSpan.FromMilliseconds(5),
                DelayedAck = TimeSpan.FromMilliseconds(40),
                TimeWait = TimeSpan.FromSeconds(1),
                GapWait = TimeSpan.FromSeconds(2),
                FullSessionsOnly = false,
                ReopenOnTargetClose = true,
                IdleTimeout = TimeSpan.FromHours(2),
                MaxBufferedBytes = 256 * 1024 * 1024,
                CongestionWindow = true,
                Pacing = PacingMode.Response,
            },
            copier.Session);
    }

    [Fact]
    public void Every_default_of_an_interceptor_is_what_the_documentation_says()
    {
        var interceptor = Interceptor("");

        Assert.Equal(36524, interceptor.Node.Port);
        Assert.Empty(interceptor.Node.Seeds);
        Assert.Empty(interceptor.Ports);
        Assert.Equal(
            (0x2a, "tcpcopy0", 0x7c90u, 790, 16_777_216, TimeSpan.FromMilliseconds(250), false),
            (interceptor.Dscp, interceptor.SinkDevice, interceptor.Mark, interceptor.RoutingTable, interceptor.TapBufferBytes,
                interceptor.HoldReplies, interceptor.LocalClients));
    }

    [Fact]
    public void The_reference_agrees_with_the_defaults_of_the_records()
    {
        var copier = Copier(Enough);
        Assert.Equal(new SessionSettings(), copier.Session);
        Assert.Equal(new SendSettings(), copier.Send);
        var (read, made) = (copier.Capture, new CaptureSettings());
        Assert.Equal((made.ExtraFilter, made.SnapLength, made.BufferBytes), (read.ExtraFilter, read.SnapLength, read.BufferBytes));
        var interceptor = Interceptor("");
        Assert.Equal(new InterceptorSettings { Node = interceptor.Node, Ports = interceptor.Ports }, interceptor);
    }

    [Fact]
    public void What_is_written_is_what_is_read()
    {
        var copier = Copier(
            """
            tcpcopy {
              node { address = 10.0.0.13, port = 4000, seeds = ["10.0.0.148", "[::1]:99", "target.lan:7"], summary-file = /tmp/x.json }
              copier { max-memory = 512 MiB, max-cpu = 12.5%, sample = 20 %, shards = 3 }
              copier.transfers = ["80-10.0.0.148:8080", "10.0.0.13:81-10.0.0.148:8081,82-10.0.0.148:8082"]
              capture { devices = [eth0, eth1], extra-filter = "src net 10.1.0.0/16", snap-length = 64k, buffer = 1 MiB }
              send { dscp = 0x10, mtu = 1400, refuse-one-in = 100 }
              session { reply-wait = 2 s, pacing = Timing, congestion-window = off, max-buffered = 1 MiB, idle-timeout = 10m,
                gap-wait = 3 s, full-sessions-only = on, reopen-on-target-close = off }
            }
            """);

        Assert.Equal(HostAddress.Parse("10.0.0.13"), copier.Node.Address);
        Assert.Equal("10.0.0.148:36524 [::1]:99 10.9.9.9:7", string.Join(' ', copier.Node.Seeds));
        Assert.Equal(("/tmp/x.json", 4000), (copier.Node.SummaryFile, copier.Node.Port));
        Assert.Equal(
            ["80-10.0.0.148:8080", "10.0.0.13:81-10.0.0.148:8081", "82-10.0.0.148:8082"],
            copier.Transfers.Select(transfer => transfer.ToString()));
        Assert.Equal((512L << 20, 0.125, 0.2, 3), (copier.MaxMemoryBytes, copier.MaxCpu, copier.Sample, copier.Shards));
        Assert.Equal(["eth0", "eth1"], copier.Capture.Devices);
        Assert.Equal(("src net 10.1.0.0/16", 65_536, 1 << 20), (copier.Capture.ExtraFilter, copier.Capture.SnapLength, copier.Capture.BufferBytes));
        Assert.Equal((0x10, 1400, 100), (copier.Send.Dscp, copier.Send.Mtu, copier.Send.RefuseOneIn));
        var session = copier.Session;
        Assert.Equal((TimeSpan.FromSeconds(2), PacingMode.Timing, false), (session.ReplyWait, session.Pacing, session.CongestionWindow));
        Assert.Equal((1 << 20, TimeSpan.FromMinutes(10)), (session.MaxBufferedBytes, session.IdleTimeout));
        Assert.Equal((TimeSpan.FromSeconds(3), true, false), (session.GapWait, session.FullSessionsOnly, session.ReopenOnTargetClose));
    }

    [Fact]
    public void Flags_win_over_the_file_and_the_file_over_the_reference()
    {
        var flags = ConfigFile.Parse("tcpcopy.intercept.ports = [1]", "flags");
        var file = ConfigFile.Parse("tcpcopy.intercept { ports = [2], mark = 3 }", "file");

        var settings = SettingsReader.ReadInterceptor(NodeConfig.Layer(flags, file));

        Assert.Equal((ushort)1, Assert.Single(settings.Ports));
        Assert.Equal((3u, 790), (settings.Mark, settings.RoutingTable));
    }

    [Fact]
    public void All_errors_come_at_once_with_path_value_and_remedy()
    {
        var error = Assert.Throws<SettingsException>(() => Copier(
            """
            tcpcopy {
              nod { port = 1 }
              node { port = 70000, adress = 1.2.3.4, seeds = ["nowhere.invalid", "h:0"] }
              copier.transfers = ["80"]
              send { dscp = many, mtu = [1, 2] }
              session { reply-wait = 5, pacing = fast, congestion-window = maybe, max-buffered = 1 byte, syn-timeout { a = 1 } }
              capture = off
            }
            """));

        Assert.Equal(
            [
                "tcpcopy.capture = off",
                "tcpcopy.copier.transfers = 80",
                "tcpcopy.nod",
                "tcpcopy.node.adress = 1.2.3.4",
                "tcpcopy.node.port = 70000",
                "tcpcopy.node.seeds = h:0",
                "tcpcopy.node.seeds = nowhere.invalid",
                "tcpcopy.send.dscp = many",
                "tcpcopy.send.mtu = [1, 2]",
                "tcpcopy.session.congestion-window = maybe",
                "tcpcopy.session.max-buffered = 1 byte",
                "tcpcopy.session.pacing = fast",
                "tcpcopy.session.reply-wait = 5",
                "tcpcopy.session.syn-timeout = {...}",
            ],
            error.Errors.Select(fault => fault.Value is null ? fault.Place : $"{fault.Place} = {fault.Value}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("tcpcopy.sesion.x = 1", "did you mean 'session'?")]
    [InlineData("tcpcopy.send.dcsp = 1", "did you mean 'dscp'?")]
    [InlineData("tcpcopy.send.colour = 1", "known here: dscp, mtu, refuse-one-in")]
    [InlineData("tcpcopy.send.dscp = 64", "give a whole number from 1 to 63")]
    [InlineData("tcpcopy.send.mtu = 67", "from 68 to 65535 or 'auto'")]
    [InlineData("tcpcopy.session.reply-wait = 10", "with its unit, e.g. 250 ms")]
    [InlineData("tcpcopy.session.delayed-ack = 1 s", "from 0 us to 500 ms")]
    [InlineData("tcpcopy.session.minimum-reply-wait = 6 s", "is longer than reply-wait (5 s)")]
    [InlineData("tcpcopy.session.pacing = 1", "give one of response, timing, none")]
    [InlineData("tcpcopy.node.address = 0.0.0.0", "give one of this host's addresses")]
    [InlineData("tcpcopy.node.seeds = [\"unknown.lan\"]", "the name 'unknown.lan' cannot be resolved")]
    [InlineData("tcpcopy.node.seeds = [\"a b\"]", "write host[:port]")]
    [InlineData("tcpcopy.node.seeds = [\"10.0.0.1:99999\"]", "'99999' is not a port: give a number from 1 to 65535")]
    [InlineData("tcpcopy.copier.transfers = []", "say what is to be copied")]
    [InlineData("tcpcopy.node.seeds = []", "say where the interceptor is")]
    [InlineData("tcpcopy.copier.stop-grace = 11 m", "from 0 us to 10 m")]
    [InlineData("tcpcopy.copier.max-memory = 1 KiB", "give a size of at least 1048576 bytes, e.g. 512 MiB, or 'auto'")]
    [InlineData("tcpcopy.copier.max-memory = much", "or 'auto'")]
    [InlineData("tcpcopy.copier.max-cpu = 0 %", "give a percentage from 1 to 100, e.g. 50 %")]
    [InlineData("tcpcopy.copier.sample = 0.5", "give a percentage from 0 to 100")]
    [InlineData("tcpcopy.copier.sample = 101 %", "give a percentage from 0 to 100")]
    [InlineData("tcpcopy.copier.shards = 0", "give a whole number from 1 to 64 or 'auto'")]
    public void A_copiers_error_names_its_remedy(string text, string remedy)
    {
        var error = Assert.Throws<SettingsException>(() => Copier(Enough + text));

        Assert.Contains(remedy, Assert.Single(error.Errors).Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcpcopy.intercept.ports = [80, 0]", "'0' is not a port")]
    [InlineData("tcpcopy.intercept.sink-device = a-name-of-16-let", "1 to 15 letters")]
    [InlineData("tcpcopy.intercept.sink-device = \"a/b\"", "1 to 15 letters")]
    [InlineData("tcpcopy.intercept.routing-table = 254", "the kernel's own tables")]
    [InlineData("tcpcopy.intercept.mark = 0", "from 1 to 4294967295")]
    [InlineData("tcpcopy.intercept.hold-replies = 11 s", "from 0 us to 10 s")]
    public void An_interceptors_error_names_its_remedy(string text, string remedy)
    {
        var error = Assert.Throws<SettingsException>(() => Interceptor(text));

        Assert.Contains(remedy, Assert.Single(error.Errors).Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_name_with_addresses_of_both_kinds_IPv4_is_taken()
    {
        HostAddress[] both = [HostAddress.Parse("2001:db8::1"), HostAddress.Parse("10.0.0.1")];

        var settings = SettingsReader.ReadInterceptor(Layered("tcpcopy.node.seeds = [host]"), _ => both);

        Assert.Equal(new Endpoint(both[1], 36524), Assert.Single(settings.Node.Seeds));
    }

    private static CopierSettings Copier(string text) => SettingsReader.ReadCopier(Layered(text), Resolve);

    private static InterceptorSettings Interceptor(string text) => SettingsReader.ReadInterceptor(Layered(text), Resolve);

    private static Akka.Configuration.Config Layered(string text) => NodeConfig.Layer(null, ConfigFile.Parse(text, "test"));

    private static IReadOnlyList<HostAddress> Resolve(string name) =>
        name == "target.lan" ? [HostAddress.Parse("10.9.9.9")] : throw new SocketException((int)SocketError.HostNotFound);
}
