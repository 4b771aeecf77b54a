using Akka.Actor;

namespace TcpCopy.Node.Hosting;

/// <summary>
/// The addresses of the members that a node saw last, kept on disk by an interceptor: after a restart it joins the cluster that its copiers are still in, where
/// it would otherwise start a second one that they never see. Lies in /run, so it does not outlive the machine's own restart.
/// </summary>
public sealed class PeerFile(string path)
{
    /// <summary>Empty when there is none or it cannot be read: the node then starts a cluster, as at first.</summary>
    public IReadOnlyList<Address> Read()
    {
        try
        {
            return [.. File.ReadAllLines(path).Select(TryParse).OfType<Address>()];
        }
        catch (IOException)
        {
            return [];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(IEnumerable<Address> peers)
    {
        var draft = path + ".new";
        File.WriteAllLines(draft, peers.Select(peer => peer.ToString()));
        File.Move(draft, path, overwrite: true);
    }

    private static Address? TryParse(string line) => ActorPath.TryParseAddress(line, out var address) ? address : null;
}
