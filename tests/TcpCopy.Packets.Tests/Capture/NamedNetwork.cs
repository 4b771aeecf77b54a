using System.Diagnostics;
using Xunit;

namespace TcpCopy.Packets.Tests.Capture;

/// <summary>
/// A network namespace with a client in it, joined to this one by a device pair; gone when disposed. One at a time on a machine, whoever
/// runs these tests: made and disposed in one thread.
/// </summary>
internal sealed class NamedNetwork : IDisposable
{
    public const string Device = "packets-v0";
    public const string OnlineV4 = "10.231.77.1";
    public const string OnlineV6 = "fd77:231::1";
    private const string Namespace = "packets-client";

    private readonly Mutex _onlyOne = new(false, "Global\\tcpcopy-packets-tests-network");
    private bool _disposed;

    public NamedNetwork()
    {
        Acquire();
        // What a killed run left behind.
        Remove();
        try
        {
            Run("ip", $"netns add {Namespace}");
            Run("ip", $"link add {Device} type veth peer name packets-v1 netns {Namespace}");
            Run("ip", $"address add {OnlineV4}/30 dev {Device}");
            Run("ip", $"address add {OnlineV6}/64 dev {Device} nodad");
            Run("ip", $"link set {Device} up");
            Run("ip", $"-n {Namespace} address add 10.231.77.2/30 dev packets-v1");
            Run("ip", $"-n {Namespace} address add fd77:231::2/64 dev packets-v1 nodad");
            Run("ip", $"-n {Namespace} link set packets-v1 up");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Connects from the client's namespace, says hello and reads until the server closes.</summary>
    public static Process StartClient(string address, int port) =>
        Start("ip", $"netns exec {Namespace} bash -c \"exec 3<>/dev/tcp/{address}/{port}; echo hello >&3; cat <&3 >/dev/null\"");

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Remove();
        _onlyOne.ReleaseMutex();
        _onlyOne.Dispose();
    }

    private void Acquire()
    {
        try
        {
            _onlyOne.WaitOne();
        }
        catch (AbandonedMutexException)
        {
            // Its last owner was killed: it is ours now, like what it left behind.
        }
    }

    /// <summary>Either may be gone already: then there is nothing to do.</summary>
    private static void Remove()
    {
        using var namespaces = Start("ip", $"netns delete {Namespace}");
        namespaces.WaitForExit();
        using var device = Start("ip", $"link delete {Device}");
        device.WaitForExit();
    }

    private static void Run(string program, string arguments)
    {
        using var process = Start(program, arguments);
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {arguments}: {error} (these tests need root)");
    }

    private static Process Start(string program, string arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
}
