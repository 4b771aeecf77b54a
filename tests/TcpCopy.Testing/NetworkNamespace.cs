using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Testing;

/// <summary>
/// A network namespace of a test's own, with lo up and nothing else. What runs by <see cref="Run"/> opens its sockets and starts its child
/// processes there. Needs root.
/// </summary>
public sealed partial class NetworkNamespace : IDisposable
{
    private static int s_count;

    public NetworkNamespace()
    {
        Name = $"tcpcopy-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        SystemCommand.Run("ip", "netns", "add", Name);
        Ip("link", "set", "lo", "up");
    }

    public string Name { get; }

    /// <summary>Runs ip inside and returns its output.</summary>
    public string Ip(params string[] arguments) => SystemCommand.Run("ip", ["-n", Name, .. arguments]);

    /// <summary>Runs a program inside and returns its output.</summary>
    public string Execute(params string[] commandLine) => SystemCommand.Run("ip", ["netns", "exec", Name, .. commandLine]);

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

    public void Dispose() => SystemCommand.Run("ip", "netns", "delete", Name);

    private void Enter()
    {
        using var file = File.OpenHandle($"/run/netns/{Name}");
        if (SetNamespace((int)file.DangerousGetHandle(), 0) != 0)
            throw new InvalidOperationException($"cannot enter {Name}: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(int fileDescriptor, int kind);
}
