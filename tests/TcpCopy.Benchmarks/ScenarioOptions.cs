namespace TcpCopy.Benchmarks;

/// <summary>How a scenario is run.</summary>
/// <param name="Runs">How often.</param>
/// <param name="IsCopiedOnly">Without the alternating runs that are not copied.</param>
/// <param name="Settings">Configuration of the copier, in HOCON.</param>
/// <param name="IsSecured">Whether the nodes talk TLS.</param>
/// <param name="Niceness">Of the nodes, as nice(1) counts it: 0 with all else, 19 behind all else.</param>
internal sealed record ScenarioOptions(int Runs, bool IsCopiedOnly, string Settings, bool IsSecured, int Niceness);
