using System.Net.Sockets;
using Xunit;

namespace TcpCopy.Packets.Tests;

/// <summary>Sockets of a test's: what does not come within a generous bound fails it.</summary>
internal static class PatientSockets
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    /// <summary>From now on nothing is waited for any longer.</summary>
    public static Socket Bounded(this Socket socket)
    {
        socket.ReceiveTimeout = socket.SendTimeout = (int)Bound.TotalMilliseconds;
        return socket;
    }

    /// <summary>The next connection that is established.</summary>
    public static Socket AcceptBounded(this Socket listener)
    {
        Assert.True(listener.Poll(Bound, SelectMode.SelectRead), "no connection was established");
        return listener.Accept().Bounded();
    }
}
