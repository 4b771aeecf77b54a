using TcpCopy.Core.Wire;
using TcpCopy.Packets.Capture;
using TcpCopy.Packets.Rules;

namespace TcpCopy.Interceptor;

/// <summary>What an interceptor's actors need of their host.</summary>
internal sealed record InterceptorEnvironment
{
    public required IReplySink Sink { get; init; }

    /// <summary>Opens the tap on the sink.</summary>
    public required Func<ICaptureSource> OpenTap { get; init; }

    /// <summary>The host's own addresses at this moment.</summary>
    public required Func<IReadOnlyList<HostAddress>> Addresses { get; init; }

    /// <summary>Completed when the tap is open.</summary>
    public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completed when the tap ended, with what ended it.</summary>
    public TaskCompletionSource<Exception?> Failed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
