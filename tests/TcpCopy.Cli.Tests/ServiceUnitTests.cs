using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Cli.Tests;

/// <summary>The units in scripts/systemd.</summary>
public sealed class ServiceUnitTests : IDisposable
{
    private const string Installed = "/opt/tcpcopy/tcpcopy";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly ScratchDirectory _scratch = new();

    private static readonly string Place = RepositoryPaths.At("scripts/systemd");

    public static TheoryData<string> Units => [.. Directory.GetFiles(Place, "*.service").Select(Path.GetFileName).OfType<string>()];

    public void Dispose() => _scratch.Dispose();

    /// <summary>Checked by the service manager itself, which takes what it does not know for a warning and goes on.</summary>
    [Fact]
    public async Task The_service_manager_finds_nothing_to_say_about_them()
    {
        Assert.True(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is missing: scripts/packages.sh tests installs it (package systemd)");
        var paths = Units.Select(unit => _scratch.Write(unit.Data, ForThisMachine(File.ReadAllText(Path.Combine(Place, unit.Data))))).ToArray();
        Assert.Equal(3, paths.Length);

        var verified = await RunningProcess.RunAsync(null, Bound, "systemd-analyze", ["verify", .. paths]);

        Assert.Equal("", verified.Checked().Errors + verified.Output);
        var broken = _scratch.Write("broken.service", File.ReadAllText(paths[0]).Replace("ProtectClock", "ProtectClok", StringComparison.Ordinal));
        Assert.Contains("ProtectClok", (await RunningProcess.RunAsync(null, Bound, "systemd-analyze", "verify", broken)).Errors, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Units))]
    public void A_unit_has_one_right_and_is_shut_in(string unit)
    {
        var lines = File.ReadAllLines(Path.Combine(Place, unit));
        var right = unit.Contains("rules", StringComparison.Ordinal) ? "CAP_NET_ADMIN" : "CAP_NET_RAW";
        Assert.All(
            [$"AmbientCapabilities={right}", $"CapabilityBoundingSet={right}", "NoNewPrivileges=yes", "User=tcpcopy", "ProtectSystem=strict"],
            line => Assert.Contains(line, lines));
        // What it was told cannot work is not tried again and again.
        if (right == "CAP_NET_RAW")
            Assert.All(["Restart=on-failure", $"RestartPreventExitStatus={Hosting.ExitCode.BadInput}"], line => Assert.Contains(line, lines));
    }

    /// <summary>It looks whether what is to be run is there.</summary>
    private static string ForThisMachine(string unit)
    {
        Assert.Contains(Installed, unit, StringComparison.Ordinal);
        return unit.Replace(Installed, Environment.ProcessPath, StringComparison.Ordinal);
    }
}
