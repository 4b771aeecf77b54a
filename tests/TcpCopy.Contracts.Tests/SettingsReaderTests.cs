using System.Net.Sockets;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Session;
using TcpCopy.Core.Traffic;
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
        Assert.Equal((null, false), (copier.Node.Tls, copier.Node.IsInsecureAllowed));
        Assert.Empty(copier.AllowedPorts);
        Assert.Equal((RulesOwner.Own, true), (copier.Node.Rules, copier.Send.Untracked));
        Assert.Equal(TimeSpan.FromSeconds(2), copier.StopGrace);
        Assert.Equal(Math.Min(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4, 1L << 30), copier.MaxMemoryBytes);
        Assert.Equal((0.5, 1.0, Math.Clamp(Environment.ProcessorCount / 4, 1, 4)), (copier.MaxCpu, copier.Sample, copier.Shards));
        Assert.False(copier.Compare);
        Assert.Empty(copier.Capture.Devices);
        Assert.Equal(("", 262_144, 33_554_432), (copier.Capture.ExtraFilter, copier.Capture.SnapLength, copier.Capture.BufferBytes));
        Assert.Equal(TimeSpan.FromMilliseconds(10), copier.Capture.BlockWait);
        Assert.Equal(("", false), (copier.SplitGroup, copier.Capture.Promiscuous));
        Assert.Equal((10, 50), (copier.Escape.ClientResets, copier.Escape.SilentReplicas));
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10)), (copier.Escape.Silence, copier.Escape.ProbeInterval));
        Assert.Equal((0x2a, SendLayer.Ip, 0, 0), (copier.Send.Dscp, copier.Send.Layer, copier.Send.Mtu, copier.Send.RefuseOneIn));
        Assert.Empty(copier.Replicas.Addresses);
        Assert.Equal((false, new PortRange(1024, 65_535)), (copier.Replicas.OwnIp, copier.Replicas.Ports));
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
        Assert.Equal((TimeSpan.FromMinutes(5), false), (interceptor.ForgetAfter, interceptor.LeaveRules));
        Assert.Empty(interceptor.Node.Seeds);
        Assert.Empty(interceptor.Ports);
        Assert.Empty(interceptor.Clients);
        Assert.Empty(interceptor.Targets);
        Assert.Equal(
            (InterceptorPlacement.Target, ReplicaSelection.Dscp, null),
            (interceptor.Placement, interceptor.Select, interceptor.TapDevice));
        Assert.Empty(interceptor.AllowedTargets);
        Assert.Equal((ReplySinkKind.Device, 790), (interceptor.Sink, interceptor.QueueNumber));
        Assert.Equal(
            (0x2a, "tcpcopy0", 0x7c90u, 790, 8_388_608, TimeSpan.FromMilliseconds(250), false),
            (interceptor.Dscp, interceptor.SinkDevice, interceptor.Mark, interceptor.RoutingTable, interceptor.TapBufferBytes,
                interceptor.HoldReplies, interceptor.LocalClients));
    }

    [Fact]
    public void Every_default_of_the_HTTP_endpoint_is_what_the_documentation_says()
    {
        var node = Interceptor("").Node;

        Assert.Equal(LogFormat.Text, node.LogFormat);
        Assert.Equal(new Endpoint(HostAddress.Parse("127.0.0.1"), 9636), node.Http.Listen);
        Assert.Equal(new HttpSettings(), node.Http);
        Assert.Equal(node.Http, Copier(Enough).Node.Http);
    }

    [Theory]
    [InlineData("listen = off")]
    [InlineData("listen = \"[::1]:9999\"")]
    [InlineData("listen = \"0.0.0.0:9636\", token-file = t")]
    [InlineData("listen = \"10.0.0.1:9636\", certificate = c, key = k, client-ca = a")]
    public void HTTP_is_served_on_loopback_or_to_those_who_show_who_they_are(string http) => Interceptor($"tcpcopy.http {{ {http} }}");

    [Theory]
    [InlineData("listen = \"0.0.0.0:9636\"", "tcpcopy.http.listen", "token-file")]
    [InlineData("listen = \"10.0.0.1:9636\", certificate = c, key = k", "tcpcopy.http.listen", "client-ca")]
    [InlineData("listen = \"127.0.0.1\"", "tcpcopy.http.listen", "has no port")]
    [InlineData("certificate = c", "tcpcopy.http.key", "go together")]
    [InlineData("client-ca = a", "tcpcopy.http.certificate", "asks for HTTPS")]
    public void HTTP_settings_that_would_show_too_much_or_make_no_sense_are_refused(string http, string place, string remedy)
    {
        var error = Assert.Single(Assert.Throws<SettingsException>(() => Interceptor($"tcpcopy.http {{ {http} }}")).Errors);

        Assert.Equal(place, error.Place);
        Assert.Contains(remedy, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_reference_agrees_with_the_defaults_of_the_records()
    {
        var copier = Copier(Enough);
        Assert.Equal(new SessionSettings(), copier.Session);
        Assert.Equal(new SendSettings(), copier.Send);
        Assert.Equal(new EscapeSettings(), copier.Escape);
        var (read, made) = (copier.Capture, new CaptureSettings());
        Assert.Equal((made.ExtraFilter, made.SnapLength, made.BufferBytes), (read.ExtraFilter, read.SnapLength, read.BufferBytes));
        var interceptor = Interceptor("");
        var ofLists = new InterceptorSettings
        {
            Node = interceptor.Node, Ports = interceptor.Ports, Clients = interceptor.Clients, Targets = interceptor.Targets,
            AllowedTargets = interceptor.AllowedTargets,
        };
        Assert.Equal(ofLists, interceptor);
    }

    [Fact]
    public void What_is_written_is_what_is_read()
    {
        var copier = Copier(
            """
            tcpcopy {
              node { address = 10.0.0.13, port = 4000, seeds = ["10.0.0.148", "[::1]:99", "target.lan:7"], summary-file = /tmp/x.json, rules = outside }
              copier { max-memory = 512 MiB, max-cpu = 12.5%, sample = 20 %, shards = 3, split-group = port-7, compare = on }
              escape { client-resets = 3, silent-replicas = 0, silence = 4 s, probe-interval = 1 m }
              copier.transfers = ["80-10.0.0.148:8080", "10.0.0.13:81-10.0.0.148:8081,82-10.0.0.148:8082"]
              capture { devices = [eth0, eth1], extra-filter = "src net 10.1.0.0/16", snap-length = 64k, buffer = 1 MiB, promiscuous = on }
              send { dscp = 0x10, mtu = 1400, notrack = off, layer = link, refuse-one-in = 100 }
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
        Assert.True(copier.Compare);
        Assert.Equal(["eth0", "eth1"], copier.Capture.Devices);
        Assert.Equal(("port-7", true), (copier.SplitGroup, copier.Capture.Promiscuous));
        Assert.Equal(
            new EscapeSettings { ClientResets = 3, SilentReplicas = 0, Silence = TimeSpan.FromSeconds(4), ProbeInterval = TimeSpan.FromMinutes(1) },
            copier.Escape);
        Assert.Equal(("src net 10.1.0.0/16", 65_536, 1 << 20), (copier.Capture.ExtraFilter, copier.Capture.SnapLength, copier.Capture.BufferBytes));
        Assert.Equal((RulesOwner.Outside, false), (copier.Node.Rules, copier.Send.Untracked));
        Assert.Equal((0x10, SendLayer.Link, 1400, 100), (copier.Send.Dscp, copier.Send.Layer, copier.Send.Mtu, copier.Send.RefuseOneIn));
        var session = copier.Session;
        Assert.Equal((TimeSpan.FromSeconds(2), PacingMode.Timing, false), (session.ReplyWait, session.Pacing, session.CongestionWindow));
        Assert.Equal((1 << 20, TimeSpan.FromMinutes(10)), (session.MaxBufferedBytes, session.IdleTimeout));
        Assert.Equal((TimeSpan.FromSeconds(3), true, false), (session.GapWait, session.FullSessionsOnly, session.ReopenOnTargetClose));
    }

    [Fact]
    public void Where_replicas_come_from_and_go_is_what_is_read()
    {
        var mapped = Copier(Enough + "tcpcopy.replicas { addresses = [\"198.18.0.0/16\", \"fd00::7\"], ports = 2000-2999 }").Replicas;
        Assert.Equal("198.18.0.0/16 fd00::7 2000-2999", $"{string.Join(' ', mapped.Addresses)} {mapped.Ports}");

        // Nobody else has any part in it: no interceptor is needed.
        var own = Copier("tcpcopy { copier.transfers = [\"80-10.0.0.148:8080\"], replicas.own-ip = on }");
        Assert.Empty(own.Node.Seeds);
        Assert.Equal((true, new PortRange(61_001, 65_535)), (own.Replicas.OwnIp, own.Replicas.Ports));

        var assistant = Interceptor("tcpcopy.intercept { placement = assistant, clients = [10.1.0.0/16], targets = [\"10.0.0.148\"], tap-device = eth1 }");
        Assert.False(assistant.ChangesRules);
        // It has none: whose they would be makes no difference.
        Assert.False(Interceptor("tcpcopy { intercept.placement = assistant, node.rules = outside }").ChangesRules);
        Assert.True(Interceptor("").ChangesRules);
        Assert.Equal(
            (InterceptorPlacement.Assistant, "10.1.0.0/16", "10.0.0.148", "eth1"),
            (assistant.Placement, $"{Assert.Single(assistant.Clients)}", $"{Assert.Single(assistant.Targets)}", assistant.TapDevice));
        var queued = Interceptor("tcpcopy.intercept { sink = queue, queue-number = 7 }");
        Assert.Equal((ReplySinkKind.Queue, 7, true), (queued.Sink, queued.QueueNumber, queued.ChangesRules));
        Assert.Equal(ReplicaSelection.Clients, Interceptor("tcpcopy.intercept { select = clients, clients = [10.1.0.0/16] }").Select);
    }

    [Fact]
    public void Who_may_talk_to_a_node_and_what_it_may_be_told_is_read()
    {
        var copier = Copier(Enough + """
            tcpcopy.tls { ca = /etc/ca.crt, certificate = /etc/shop.crt, key = /etc/shop.key, insecure = on }
            tcpcopy.copier.allowed-ports = [443, 80]
            """);
        var interceptor = Interceptor("tcpcopy.intercept.allowed-targets = [\"10.0.0.148:8080\", 10.1.0.0/16, \"*:80\", \"[fd00::/8]:443\", \"fd00::1\"]");

        Assert.Equal(new TlsSettings("/etc/ca.crt", "/etc/shop.crt", "/etc/shop.key"), copier.Node.Tls);
        Assert.True(copier.Node.IsInsecureAllowed);
        Assert.Equal(new ushort[] { 443, 80 }, copier.AllowedPorts);
        Assert.Equal("10.0.0.148:8080 10.1.0.0/16 *:80 [fd00::/8]:443 fd00::1", string.Join(' ', interceptor.AllowedTargets));
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
    [InlineData("tcpcopy.send.colour = 1", "known here: dscp, layer, mtu, notrack, refuse-one-in")]
    [InlineData("tcpcopy.send.dscp = 64", "give a whole number from 1 to 63")]
    [InlineData("tcpcopy.send.layer = wire", "ip, link")]
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
    [InlineData("tcpcopy.replicas.addresses = [\"10.0.0.9/24\"]", "write 10.0.0.0/24")]
    [InlineData("tcpcopy.replicas { own-ip = on, addresses = [10.0.0.9] }", "leave one of the two out")]
    [InlineData("tcpcopy { replicas.own-ip = on, node.rules = outside }", "the copier makes its rules itself, for as long as it runs")]
    [InlineData("tcpcopy.replicas.ports = 90-80", "write 80-90; or auto")]
    [InlineData("tcpcopy.tls { ca = a, certificate = b }", "TLS needs all of ca, certificate, key")]
    [InlineData("tcpcopy.tls.insecure = perhaps", "give on or off")]
    [InlineData("tcpcopy.copier.allowed-ports = [443, 8080]", "port 80 is not among the online ports that may be copied (443, 8080)")]
    [InlineData("tcpcopy.copier.allowed-ports = [80, x]", "'x' is not a port")]
    [InlineData("tcpcopy.copier.split-group = a/b", "give a name of letters, digits, '-' and '_'")]
    [InlineData("tcpcopy.escape.client-resets = -1", "give a whole number from 0 to 100000")]
    [InlineData("tcpcopy.escape.silence = 0 s", "from 1 s to 1 h")]
    [InlineData("tcpcopy.copier.shards = 0", "give a whole number from 1 to 64 or 'auto'")]
    public void A_copiers_error_names_its_remedy(string text, string remedy)
    {
        var error = Assert.Throws<SettingsException>(() => Copier(Enough + text));

        Assert.Contains(remedy, Assert.Single(error.Errors).Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcpcopy.intercept.ports = [80, 0]", "'0' is not a port")]
    [InlineData("tcpcopy.intercept.allowed-targets = [somewhere]", "'somewhere' is neither an address nor a range")]
    [InlineData("tcpcopy.intercept.allowed-targets = [10.0.0.1/8]", "'10.0.0.1/8' begins within its range: write 10.0.0.0/8; the form is ADDRESS[/BITS]")]
    [InlineData("tcpcopy.intercept.allowed-targets = [\"10.0.0.1:0\"]", "'0' is not a port")]
    [InlineData("tcpcopy.intercept.allowed-targets = [\"*\"]", "it would allow everything")]
    [InlineData("tcpcopy.node.rules = outside", "have their ports from the start: name them")]
    [InlineData("tcpcopy.node.rules = theirs", "give one of own, outside")]
    [InlineData("tcpcopy.intercept.sink-device = a-name-of-16-let", "1 to 15 letters")]
    [InlineData("tcpcopy.intercept.sink-device = \"a/b\"", "1 to 15 letters")]
    [InlineData("tcpcopy.intercept.routing-table = 254", "the kernel's own tables")]
    [InlineData("tcpcopy.intercept.placement = online", "give one of target, assistant")]
    [InlineData("tcpcopy.intercept.select = mark", "give one of dscp, clients, port")]
    [InlineData("tcpcopy.intercept.select = clients", "say which ranges replicas come from, e.g. 198.18.0.0/16")]
    [InlineData("tcpcopy.intercept.clients = [10.0.0.9]", "'select = clients' or 'placement = assistant' alone")]
    [InlineData("tcpcopy.intercept { placement = assistant, select = port }", "an assistant tells nothing apart")]
    [InlineData("tcpcopy.intercept.sink = dummy", "give one of device, queue")]
    [InlineData("tcpcopy.intercept { sink = queue, placement = assistant }", "an assistant has no sink")]
    [InlineData("tcpcopy.intercept { sink = queue, select = clients, clients = [10.1.0.0/16] }", "add 'select = dscp'")]
    [InlineData("tcpcopy { intercept.sink = queue, intercept.ports = [80], node.rules = outside }", "there is nothing to apply outside")]
    [InlineData("tcpcopy.intercept.queue-number = 65536", "from 0 to 65535")]
    [InlineData("tcpcopy.intercept.tap-device = eth1", "only an assistant has one")]
    [InlineData("tcpcopy.intercept.targets = [target.lan]", "give addresses, e.g. 10.0.0.148")]
    [InlineData("tcpcopy.intercept.mark = 0", "from 1 to 4294967295")]
    [InlineData("tcpcopy.intercept.forget-after = 0 s", "from 1 s to 1 d")]
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
