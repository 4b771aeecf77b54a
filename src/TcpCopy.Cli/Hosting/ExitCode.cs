namespace TcpCopy.Cli.Hosting;

/// <summary>What the process tells its caller.</summary>
internal static class ExitCode
{
    /// <summary>Stopped as it was told to, or done.</summary>
    public const int Clean = 0;

    /// <summary>Failed while it was running.</summary>
    public const int Failure = 1;

    /// <summary>Could not start with what it was told; nothing was started.</summary>
    public const int BadInput = 2;

    /// <summary>Taken out of the cluster while it was running, by another node's decision or an operator's: to be started again.</summary>
    public const int Expelled = 3;
}
