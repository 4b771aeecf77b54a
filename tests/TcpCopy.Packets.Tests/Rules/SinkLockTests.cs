using System.Net.Sockets;
using System.Runtime.InteropServices;
using TcpCopy.Packets.Rules;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Packets.Tests.Rules;

/// <summary>Who holds a host's rules, and who does not any more.</summary>
public sealed partial class SinkLockTests : IDisposable
{
    private readonly NetworkNamespace _host = new();

    public void Dispose() => _host.Dispose();

    [Fact]
    public void What_a_forked_child_still_has_of_it_is_no_holder()
    {
        _host.Run(() =>
        {
            var hold = SinkLock.Take();
            var copy = dup((int)hold.Socket.DangerousGetHandle());
            Assert.True(copy >= 0, $"errno {Marshal.GetLastPInvokeError()}");
            hold.Dispose();

            // The name is taken as long as the child has it, but by nobody: one who waits gets it.
            using var child = new SafeSocketHandle(copy, ownsHandle: true);
            Assert.DoesNotContain("process", Assert.Throws<RulesException>(() => SinkLock.Take()).Message, StringComparison.Ordinal);
            child.Dispose();
            SinkLock.Take().Dispose();
        });
    }

    [Fact]
    public void A_holder_is_named()
    {
        _host.Run(() =>
        {
            using var hold = SinkLock.Take();
            var refusal = Assert.Throws<RulesException>(() => SinkLock.Take()).Message;
            Assert.Contains($"another interceptor (process {Environment.ProcessId})", refusal, StringComparison.Ordinal);
        });
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int dup(int descriptor);
}
