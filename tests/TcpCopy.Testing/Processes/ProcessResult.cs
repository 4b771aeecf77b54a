namespace TcpCopy.Testing.Processes;

/// <summary>How a command ended and what it printed.</summary>
/// <param name="Command">As it would be typed.</param>
/// <param name="ExitCode">128 + n when signal n ended it.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Errors">Its standard error.</param>
public sealed record ProcessResult(string Command, int ExitCode, string Output, string Errors)
{
    /// <summary>The result itself when the command succeeded.</summary>
    /// <exception cref="InvalidOperationException">It did not; the message has all that it printed.</exception>
    public ProcessResult Checked() =>
        ExitCode == 0 ? this : throw new InvalidOperationException($"exit code {ExitCode}: {Command}\n{Output}\n{Errors}");
}
