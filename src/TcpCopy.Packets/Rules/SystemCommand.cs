using System.ComponentModel;
using System.Diagnostics;

namespace TcpCopy.Packets.Rules;

/// <summary>What a command answered; its command line is there for messages.</summary>
public readonly record struct CommandResult(string CommandLine, int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;
}

/// <summary>
/// Runs one of the system's programs (ip, nft) and waits for it. The child starts in the network namespace of the calling thread.
/// </summary>
public static class SystemCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [ThreadStatic]
    private static Action<string, string>? t_watcher;

    /// <summary>Does a piece of this thread's work and shows each command of it, before it is run, with what goes to its standard input.</summary>
    public static void Watch(Action<string, string> watcher, Action work)
    {
        t_watcher = watcher;
        try
        {
            work();
        }
        finally
        {
            t_watcher = null;
        }
    }

    /// <summary>Asked before anything is touched, so that a missing program leaves nothing half done.</summary>
    /// <exception cref="RulesException">One of the programs is missing.</exception>
    public static void DemandPrograms(params string[] programs)
    {
        foreach (var program in programs.Where(program => Find(program) is null))
            throw new RulesException($"the command '{program}' is missing; install the package {PackageOf(program)}");
    }

    public static bool IsThere(string program) => Find(program) is not null;

    /// <summary>Runs the program and returns what it wrote to its standard output.</summary>
    /// <exception cref="RulesException">It cannot be run, or it ended with another exit code than 0.</exception>
    public static string Run(string program, params string[] arguments) => Demand(TryRun(program, arguments));

    /// <summary>As <see cref="Run"/>, with <paramref name="input"/> on the program's standard input.</summary>
    /// <exception cref="RulesException">It cannot be run, or it ended with another exit code than 0.</exception>
    public static string RunWithInput(string input, string program, params string[] arguments) => Demand(TryRun(program, arguments, input));

    /// <summary>Runs the program; its refusal is an answer and no exception.</summary>
    /// <exception cref="RulesException">It cannot be run at all.</exception>
    public static CommandResult TryRun(string program, IReadOnlyList<string> arguments, string input = "")
    {
        var commandLine = string.Join(' ', arguments.Select(Quote).Prepend(program));
        t_watcher?.Invoke(commandLine, input);
        using var process = Start(program, arguments);
        // Both pipes are read while the input is written: a program that fills one and waits would otherwise never end.
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        WriteInput(process, input);
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new RulesException($"'{commandLine}' did not end within {Patience.TotalSeconds:0} s; run it by hand to see what holds it");
        }
        return new CommandResult(commandLine, process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult().Trim());
    }

    /// <summary>As a shell would take it.</summary>
    private static string Quote(string word) => word.Length == 0 || word.Contains(' ', StringComparison.Ordinal) ? $"'{word}'" : word;

    private static Process Start(string program, IReadOnlyList<string> arguments)
    {
        DemandPrograms(program);
        var start = new ProcessStartInfo(Find(program)!, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LC_ALL"] = "C";
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new RulesException($"the command '{program}' cannot be run: {exception.Message}", exception);
        }
    }

    private static void WriteInput(Process process, string input)
    {
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended before it read everything; its exit code and error text say why.
        }
    }

    private static string Demand(in CommandResult result)
    {
        if (result.Succeeded)
            return result.Output;
        var reason = result.Error.Length > 0 ? result.Error : "no reason given";
        var remedy = reason.Contains("Operation not permitted", StringComparison.Ordinal)
            ? "; run as root, or give the process and its children the capabilities NET_ADMIN and NET_RAW"
            : "";
        throw new RulesException($"'{result.CommandLine}' failed with exit code {result.ExitCode}: {reason}{remedy}");
    }

    /// <summary>Debian leaves the sbin directories out of an ordinary user's PATH, though ip and nft live there.</summary>
    private static string? Find(string program)
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        return path.Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Append("/usr/sbin")
            .Append("/sbin")
            .Select(directory => Path.Combine(directory, program))
            .FirstOrDefault(File.Exists);
    }

    private static string PackageOf(string program) => program switch
    {
        "ip" => "iproute2",
        "nft" => "nftables",
        "iptables" or "ip6tables" => "iptables",
        _ => $"that holds '{program}'",
    };
}
