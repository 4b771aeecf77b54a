using System.Runtime.InteropServices;
using System.Text.Json;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using TcpCopy.Cli.Commands;
using TcpCopy.Cli.Hosting;
using TcpCopy.Cli.Logging;
using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Settings;
using TcpCopy.Interceptor;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Cli.Tests;

/// <summary>What goes to stdout, stderr and the exit code. One class, because the console is one.</summary>
public sealed partial class ConsoleTests : IDisposable
{
    private const int Sigterm = 15;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly (TextWriter Out, TextWriter Error) _before = (Console.Out, Console.Error);
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    public ConsoleTests()
    {
        Console.SetOut(TextWriter.Synchronized(_output));
        Console.SetError(TextWriter.Synchronized(_errors));
    }

    public void Dispose()
    {
        Console.SetOut(_before.Out);
        Console.SetError(_before.Error);
    }

    [Theory]
    [InlineData("copy -s 10.0.0.1", "-x (tcpcopy.copier.transfers)")]
    [InlineData("copy -x 80-10.0.0.1:80", "-s (tcpcopy.node.seeds)")]
    [InlineData("copy -x eighty -s 10.0.0.1", "= eighty:")]
    [InlineData("copy -x 80-127.0.0.1:80 -s 127.0.0.1", "the target is itself copied")]
    [InlineData("intercept -p 70000", "= 70000:")]
    [InlineData("intercept --config nowhere.conf", "nowhere.conf: there is no such file")]
    [InlineData("intercept --log-level loud", "--log-level loud: give one of debug")]
    [InlineData("intercept --frobnicate", "'--frobnicate'")]
    [InlineData("frobnicate", "'frobnicate' is no verb")]
    [InlineData("certs nowhere", "say for which nodes: --copier NAME")]
    [InlineData("certs nowhere --copier ca", "'ca' is no name for a node")]
    [InlineData("certs nowhere --copier a/b", "'a/b' is no name for a node")]
    [InlineData("certs nowhere --interceptor test@target.lan", "'target.lan' is not an IPv4 or IPv6 address")]
    [InlineData("certs nowhere --copier a --days 0", "--days 0: give a number of days from 1 to 36500")]
    [InlineData("certs /dev/null/x --copier a", "/dev/null/x cannot be written to")]
    [InlineData("intercept --rules outside", "-p (tcpcopy.intercept.ports)")]
    [InlineData("intercept --rules theirs", "--rules (tcpcopy.node.rules) = theirs")]
    [InlineData("rules apply", "-p (tcpcopy.intercept.ports)")]
    [InlineData("rules apply --of copier", "-x (tcpcopy.copier.transfers)")]
    [InlineData("rules apply --of somebody", "--of somebody: give interceptor or copier")]
    [InlineData("rules", "command")]
    [InlineData("demo -n 0", "-n: give a number of requests")]
    [InlineData("demo --web nonsense", "--web (tcpcopy.http.listen) = nonsense: ")]
    [InlineData("demo --web 0.0.0.0:9637", "--web (tcpcopy.http.listen) = 0.0.0.0:9637: beyond loopback")]
    [InlineData("demo --web off", "give one with --web")]
    [InlineData("web --http nonsense", "--http (tcpcopy.http.listen) = nonsense: ")]
    [InlineData("intercept --http 0.0.0.0:9636", "--http (tcpcopy.http.listen) = 0.0.0.0:9636: beyond loopback")]
    [InlineData("intercept --log-format xml", "--log-format (tcpcopy.node.log-format) = xml: give one of text, json")]
    [InlineData("status not:a:node", "'not:a:node' is no node")]
    [InlineData("top --interval 0", "--interval: give seconds")]
    [InlineData("", "say what to do")]
    public async Task Bad_input_is_one_line_on_stderr_and_exit_code_2(string words, string reason)
    {
        var code = await CommandLine.RunAsync(words.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, code);
        Assert.Empty(_output.ToString());
        var line = Assert.Single(_errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("tcpcopy: ", line, StringComparison.Ordinal);
        Assert.Contains(reason, line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-h", "tcpcopy demo", "tcpcopy intercept -p", "tcpcopy 10.0.0.13 80 10.0.0.148 8080")]
    [InlineData("rules -h", "apply", "verify", "remove", "show", "tcpcopy rules apply -p 8080")]
    [InlineData("copy -h", "-x, --transfers", "--summary", "--http", "tcpcopy copy --config config/copier.conf")]
    [InlineData("top -h", "--token-file", "tcpcopy top 10.0.0.13")]
    [InlineData("intercept -h", "-p, --ports", "-b, --bind", "tcpcopy intercept --config config/interceptor.conf")]
    public async Task Help_has_options_and_examples(string words, params string[] expected)
    {
        Assert.Equal(0, await CommandLine.RunAsync(words.Split(' ')));
        Assert.All(expected, text => Assert.Contains(text, _output.ToString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_verb_has_examples_of_its_own()
    {
        const string Others = "tcpcopy intercept";
        foreach (var verb in CommandLine.Build().Subcommands.Select(verb => verb.Name))
        {
            _output.GetStringBuilder().Clear();
            Assert.Equal(0, await CommandLine.RunAsync([verb, "-h"]));
            var examples = _output.ToString().Split("Examples:")[1];
            Assert.Contains($"tcpcopy {verb}", examples, StringComparison.Ordinal);
            Assert.Equal(verb == InterceptCommand.Name, examples.Contains(Others, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Certificates_are_made_and_named_and_never_overwritten()
    {
        using var scratch = new ScratchDirectory();
        string[] words = ["certs", scratch.At("tls"), "--copier", "shop@10.0.0.13,fd00::13", "--interceptor", "shop", "--interceptor", "test"];

        Assert.Equal(0, await CommandLine.RunAsync(words));
        var names = new[] { "ca.crt", "ca.key", "shop.crt", "shop.key", "test.crt", "test.key" };
        Assert.Equal(names.Select(name => scratch.At($"tls/{name}")), _output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, await CommandLine.RunAsync(words));
        Assert.Contains("shop.crt is there already", _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_version_is_printed()
    {
        Assert.Equal(0, await CommandLine.RunAsync(["-v"]));
        Assert.Matches(@"^\d+\.\d+\.\d+", _output.ToString());
    }

    // SIGTERM alone: the test runner takes SIGINT for itself.
    [Fact]
    public async Task A_signal_ends_a_node_cleanly_and_a_second_does_not_break_its_clean_up()
    {
        using var arrived = new SemaphoreSlim(0);
        // Watches only: whether the process survives is up to the node.
        using var watch = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => arrived.Release());
        var code = await NodeRun.RunAsync("copier", null, async (events, stop) =>
        {
            events.OnReady();
            await SignalAsync(arrived);
            await stop.WhenCancelled().WaitAsync(Patience, CancellationToken.None);
            await SignalAsync(arrived);
            return InterceptorSummary.Of(new InterceptorReport());
        });

        Assert.Equal(0, code);
        Assert.StartsWith("tcpcopy: copier ready\ntcpcopy interceptor\n", _output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    public async Task The_same_error_is_bad_input_before_ready_and_a_failure_after_it(bool isReady, int expected)
    {
        var code = await NodeRun.RunAsync("copier", null, (events, _) =>
        {
            if (isReady)
                events.OnReady();
            throw new SettingsException([new SettingError("there", "this", "mend it")]);
        });

        Assert.Equal(expected, code);
        Assert.Equal("tcpcopy: there = this: mend it\n", _errors.ToString());
    }

    [Fact]
    public async Task A_node_that_is_taken_out_of_the_cluster_says_why_and_writes_its_figures_all_the_same()
    {
        using var scratch = new ScratchDirectory();
        var path = scratch.At("summary.json");
        var code = await NodeRun.RunAsync("interceptor", path, (events, _) =>
        {
            events.OnExpelled("somebody downed it");
            return Task.FromResult<Summary>(InterceptorSummary.Of(new InterceptorReport()));
        });

        Assert.Equal(3, code);
        Assert.Equal("tcpcopy: the interceptor was taken out of the cluster: somebody downed it; start it again\n", _errors.ToString());
        Assert.Contains("\"taken\": 0", await File.ReadAllTextAsync(path), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_for_the_figures_that_cannot_be_written_is_refused_before_the_run()
    {
        var code = await NodeRun.RunAsync("copier", "/nowhere/figures.json", (_, _) => throw new InvalidOperationException("it ran"));

        Assert.Equal(2, code);
        Assert.StartsWith("tcpcopy: --summary /nowhere/figures.json cannot be written (", _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_event_is_one_line_on_stderr()
    {
        var system = ActorSystem.Create("tcpcopy", StderrLogger.Config.WithFallback(ConfigurationFactory.ParseString("akka.loglevel = INFO")));
        var log = Akka.Event.Logging.GetLogger(system, typeof(ConsoleTests));
        log.Info("listening at {0}", 5);
        log.Error(new InvalidOperationException("broken\nin two"), "session {0} failed", "a > b");
        log.Debug("not this");
        await system.Terminate();

        var lines = _errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Empty(_output.ToString());
        Assert.Contains(lines, line => line.EndsWith(" info    ConsoleTests: listening at 5", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("error   ConsoleTests: session a > b failed: ", StringComparison.Ordinal)
            && line.Contains("broken | in two", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("not this", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.Matches(@"^\d\d:\d\d:\d\d\.\d{3} (info|warning|error) ", line));
    }

    [Fact]
    public async Task As_JSON_an_event_is_an_object_with_what_its_text_names()
    {
        LogLine.IsJson = true;
        try
        {
            var system = ActorSystem.Create("tcpcopy", StderrLogger.Config.WithFallback(ConfigurationFactory.ParseString("akka.loglevel = INFO")));
            var log = Akka.Event.Logging.GetLogger(system, typeof(ConsoleTests));
            log.Info("session {Session} ended as {Outcome} after {Count} requests", "10.0.0.9:4000 > 10.0.0.1:80", "target-reset", 3);
            await system.Terminate();
            NodeRun.Complain("no good");
        }
        finally
        {
            LogLine.IsJson = false;
        }

        var lines = _errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var ended = Assert.Single(lines, line => line.TryGetProperty("session", out _));
        Assert.Equal("session 10.0.0.9:4000 > 10.0.0.1:80 ended as target-reset after 3 requests", ended.GetProperty("message").GetString());
        Assert.Equal(("info", "ConsoleTests"), (ended.GetProperty("level").GetString(), ended.GetProperty("source").GetString()));
        Assert.Equal("10.0.0.9:4000 > 10.0.0.1:80", ended.GetProperty("session").GetString());
        Assert.Equal(("target-reset", 3), (ended.GetProperty("outcome").GetString(), ended.GetProperty("count").GetInt32()));
        Assert.Equal("no good", lines[^1].GetProperty("message").GetString());
    }

    private static async Task SignalAsync(SemaphoreSlim arrived)
    {
        _ = Kill(Environment.ProcessId, Sigterm);
        Assert.True(await arrived.WaitAsync(Patience, CancellationToken.None));
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
