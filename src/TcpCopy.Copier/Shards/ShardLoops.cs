using System.Globalization;
using Akka.Configuration;
using TcpCopy.Node.Loop;

namespace TcpCopy.Copier.Shards;

/// <summary>The dispatchers of the shards, one loop each.</summary>
internal static class ShardLoops
{
    /// <summary>Of the first shard, which has the node's remoting on its loop, too: with one shard nothing is handed from thread to thread.</summary>
    public const string First = "tcpcopy.loop-dispatcher";

    /// <summary>HOCON section of the sessions' mailboxes.</summary>
    public const string Mailbox = "tcpcopy.loop-mailbox";

    /// <summary>HOCON section of a shard's dispatcher.</summary>
    public static string Of(int shard) => shard == 0 ? First : string.Create(CultureInfo.InvariantCulture, $"tcpcopy.shard-loop-{shard}");

    /// <summary>Adds the sections of all shards but the first, as that one's.</summary>
    public static Config Define(Config config, int shards) => Enumerable.Range(1, shards - 1)
        .Aggregate(config, (defined, shard) => LoopDispatcherConfigurator.SectionAs(config, First, Of(shard)).WithFallback(defined));
}
