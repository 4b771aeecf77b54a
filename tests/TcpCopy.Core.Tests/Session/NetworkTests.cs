using TcpCopy.Testing.Simulation;
using Xunit;

namespace TcpCopy.Core.Tests.Session;

/// <summary>The engine on the simulated network: whatever the seed, what holds of a run holds.</summary>
public class NetworkTests
{
    public static TheoryData<string> Names =>
        new(NetworkClasses.All.Select(kind => kind.Name).Where(name => SeedSweep.OnlyClass is null || SeedSweep.OnlyClass == name));

    [Theory, MemberData(nameof(Names))]
    public void Every_seed(string name) => SeedSweep.Run(NetworkClasses.All.Single(kind => kind.Name == name));
}
