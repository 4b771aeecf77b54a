using TcpCopy.Testing.Processes;
using TcpCopy.Testing.Scenarios;
using Xunit;

namespace TcpCopy.Core.Tests.Scenarios;

/// <summary>Every scenario file beside this one, a test each.</summary>
public sealed class ScenarioTests
{
    private static readonly string Root = RepositoryPaths.At("tests/TcpCopy.Core.Tests/Scenarios");

    public static TheoryData<string> Files =>
        new(Directory.GetFiles(Root, "*.txt", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Root, file)).Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Files))]
    public void Goes_as_it_says(string file) => ScenarioRunner.Run(Scenario.Read(Path.Combine(Root, file)));
}
