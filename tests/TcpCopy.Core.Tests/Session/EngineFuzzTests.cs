using TcpCopy.Testing.Fuzzing;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>A client and a target that keep to no protocol: the engine never throws, sends no byte at the wrong place, and lets everything go.</summary>
public sealed class EngineFuzzTests(ITestOutputHelper output)
{
    [Fact]
    public void No_client_and_no_target_breaks_the_engine() => output.WriteLine(Fuzz.Run(2_000, random => new HostileTraffic(random).Run()));
}
