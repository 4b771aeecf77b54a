using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Event;

namespace TcpCopy.Node.Hosting;

/// <summary>
/// Peers must name a node by the address that it announces: Akka drops what is addressed otherwise (as through address translation), with a
/// message that only Akka's friends understand. This one says it again in the operator's words, once for each wrong address.
/// </summary>
internal sealed partial class MisaddressedWatch : UntypedActor
{
    private readonly string _announced;
    private readonly HashSet<string> _told = [];

    /// <param name="announced">The node's own address, "ADDRESS:PORT".</param>
    public MisaddressedWatch(string announced) => _announced = announced;

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(Error));

    protected override void OnReceive(object message)
    {
        if (message is Error error && WrongAddress().Match(error.ToString()) is { Success: true, Groups: var groups } && _told.Add(groups[1].Value))
        {
            Context.GetLogger().Warning(
                "a peer reaches this node as {0}, but it announces {1}, so nothing is taken from that peer: " +
                "let the peer name {1}, or start this node with -b {0} if that is an address of this host", groups[1].Value, _announced);
        }
    }

    [GeneratedRegex(@"for non-local recipient \[+akka\.tcp://[^@\]]+@([^/\]]+)")]
    private static partial Regex WrongAddress();
}
