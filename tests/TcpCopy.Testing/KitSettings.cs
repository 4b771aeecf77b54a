namespace TcpCopy.Testing;

/// <summary>What every actor system of a test begins its configuration with.</summary>
public static class KitSettings
{
    /// <summary>How long messages and lines of the log are waited for: nothing takes that long, and what never comes is to fail.</summary>
    public const string Patient = "akka.test { single-expect-default = 60 s, filter-leeway = 60 s }\n";
}
