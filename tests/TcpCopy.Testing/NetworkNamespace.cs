using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Testing;

/// <summary>
/// A network namespace of a test's own, with lo up and nothing else. What runs by <see cref="Run"/> opens its sockets and starts its child
/// processes there. It is gone when disposed of, or when its process ends; what a killed run left behind is removed when the next one starts. Needs root.
/// </summary>
public sealed partial class NetworkNamespace : IDisposable
{
    private const string Family = "tcpcopy-test-";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    /// <summary>One whose test's constructor threw is disposed of by nobody.</summary>
    private static readonly ConcurrentDictionary<string, NetworkNamespace> s_standing = new();
    private static int s_count;

    static NetworkNamespace()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => s_standing.Keys.ToList().ForEach(Remove);
        SystemCommand.Run("ip", "netns", "list").Split('\n').Select(line => line.Split(' ')[0]).Where(IsAbandoned).ToList().ForEach(Remove);
    }

    public NetworkNamespace()
    {
        Name = $"{Family}{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        SystemCommand.Run("ip", "netns", "add", Name);
        s_standing[Name] = this;
        Ip("link", "set", "lo", "up");
    }

    public string Name { get; }

    /// <summary>Runs ip inside and returns its output.</summary>
    public string Ip(params string[] arguments) => SystemCommand.Run("ip", ["-n", Name, .. arguments]);

    /// <summary>Runs a program inside and returns its output.</summary>
    public string Execute(params string[] commandLine) => SystemCommand.Run("ip", ["netns", "exec", Name, .. commandLine]);

    /// <summary>Joins it to another by a wire, a device here and one there: both are up, and what is sent into one comes out of the other.</summary>
    public void JoinTo(NetworkNamespace other, string device, string otherDevice)
    {
        Ip("link", "add", device, "type", "veth", "peer", "name", otherDevice, "netns", other.Name);
        Ip("link", "set", device, "up");
        other.Ip("link", "set", otherDevice, "up");
        // The kernel opens a device for sending a moment after its other end is there; until then it drops without a word.
        foreach (var (host, end) in new[] { (this, device), (other, otherDevice) })
        {
            if (!SpinWait.SpinUntil(() => host.Ip("link", "show", "dev", end).Contains("state UP", StringComparison.Ordinal), Bound))
                throw new TimeoutException($"{end} of {host.Name} is not up: {host.Ip("link", "show", "dev", end)}");
        }
    }

    /// <summary>Runs <paramref name="action"/> to its end on a thread that lives in the namespace.</summary>
    public void Run(Action action)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Enter();
                action();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    public T Run<T>(Func<T> function)
    {
        var result = default(T)!;
        Run(() => { result = function(); });
        return result;
    }

    public void Dispose()
    {
        SystemCommand.Run("ip", "netns", "delete", Name);
        s_standing.TryRemove(Name, out _);
    }

    /// <summary>It may be gone: another run that starts now removes the same.</summary>
    private static void Remove(string name) => SystemCommand.TryRun("ip", ["netns", "delete", name]);

    /// <summary>"tcpcopy-test-1234-1" is of process 1234.</summary>
    private static bool IsAbandoned(string name) => name.StartsWith(Family, StringComparison.Ordinal)
        && int.TryParse(name[Family.Length..].Split('-')[0], out var owner) && !Directory.Exists($"/proc/{owner}");

    private void Enter()
    {
        using var file = File.OpenHandle($"/run/netns/{Name}");
        if (SetNamespace((int)file.DangerousGetHandle(), 0) != 0)
            throw new InvalidOperationException($"cannot enter {Name}: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int fileDescriptor, int kind);
}
