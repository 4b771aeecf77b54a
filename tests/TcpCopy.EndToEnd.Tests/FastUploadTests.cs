using TcpCopy.Testing.Lab;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>One large body as fast as a wire brings it: the target's server gets its very bytes, and the copier keeps to its bounds.</summary>
[Collection<WholeMachine>]
public sealed class FastUploadTests
{
    private const int Port = 8080;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    /// <summary>
    /// At the speed of a wire of a gigabit, and at half of it. All of the lab shares this machine's cores: what the kernel cannot give to the copier in time it
    /// must be able to keep, and at full speed the session may hold as much as it needs where the machine has other work.
    /// </summary>
    [Theory]
    [InlineData(100_000_000, 110, 256, 800)]
    [InlineData(1_000_000_000, 110, 1024, 1_800)]
    [InlineData(400_000_000, 60, 256, 800)]
    public async Task A_fast_upload_arrives_byte_for_byte_in_bounded_memory(long bytes, int rate, int mostHeld, int mostResident)
    {
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await TrafficServer.StartAsync(lab.Online, "upload", Port);
        await using var target = await TrafficServer.StartAsync(lab.Target, "upload", Port);
        var settings = $"tcpcopy {{ capture.buffer = 256 MiB, session.max-buffered = {mostHeld} MiB, copier.max-memory = 2 GiB }}";
        await using var copying = await Copying.StartAsync(lab, Port, settings, lab.Online);

        var sent = await Upload.SendAsync(lab, Port, bytes, "--limit-rate", $"{rate}M");
        await target.WaitForRecordsAsync(1, Bound);
        var memory = copying.Copier.PeakMemoryBytes() / 1_000_000;
        var figures = Assert.Single(await copying.StopAsync());

        Assert.Equal(sent, Assert.Single(online.Records));
        Assert.Equal(sent, Assert.Single(target.Records));
        figures.AssertNothingLost(requests: 1);
        TestContext.Current.TestOutputHelper?.WriteLine($"{memory} MB resident at most");
        Assert.InRange(memory, 0, mostResident);
    }
}
