using Akka.Actor;
using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Rules;
using TcpCopy.Packets.Sending;

namespace TcpCopy.Interceptor;

/// <summary>What an interceptor's actors need of their host.</summary>
internal sealed record InterceptorEnvironment
{
    public required IReplySink Sink { get; init; }

    /// <summary>Opens the tap on the sink.</summary>
    public required Func<ICaptureSource> OpenTap { get; init; }

    /// <summary>Opens the capture of the resets that real clients send to this host; null: none.</summary>
    public Func<ICaptureSource>? OpenResetWatch { get; init; }

    /// <summary>
    /// What packets are sent by in the name of replicas whose copier is gone; the node disposes of it. Null: there can be none, as in the copier's own process.
    /// </summary>
    public IFrameSender? Sender { get; init; }

    /// <summary>What the kernel's connection tracking holds; null: nothing is tracked.</summary>
    public Func<TrackedConnections?> Tracked { get; init; } = () => null;

    /// <summary>Whether the cluster hears of a node.</summary>
    public Func<Address, bool> IsReachable { get; init; } = _ => false;

    /// <summary>Whether a node that asks to be served has proved to be a copier; null: it cannot be told now.</summary>
    public Func<Address, bool?> IsCopier { get; init; } = _ => true;

    /// <summary>The host's own addresses at this moment.</summary>
    public required Func<IReadOnlyList<HostAddress>> Addresses { get; init; }

    /// <summary>Completed when the tap is open.</summary>
    public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completed when the tap ended, with what ended it.</summary>
    public TaskCompletionSource<Exception?> Failed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
