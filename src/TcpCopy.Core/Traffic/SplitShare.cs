using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Traffic;

/// <summary>
/// One copier's share of connections that several copiers see, as at a switch's mirror port. Each new one goes to the live copier that scores highest by a
/// hash of both (rendezvous hashing, Thaler and Ravishankar, 1998): all copiers come to the same result without a word between them, and when one comes or
/// goes only what it gains or had moves.
/// <para>A connection stays with the copier that it began with, whoever else comes. One that is met in mid-stream is therefore taken only if no other copier
/// that lives would have got it before, as far back as is known; a dead one's connections pass to the others. Immutable.</para>
/// </summary>
public sealed class SplitShare
{
    /// <summary>The sampler uses seed 0. By the same hash, the sampled fifth would all go to some of the copiers.</summary>
    private const ulong Seed = 0x6A09_E667_F3BC_C908;

    /// <summary>Sets of copiers that are remembered, the newest included.</summary>
    private const int MostEras = 16;

    private readonly string _self;
    private readonly Copier[][] _eras;
    private readonly HashSet<string> _live;

    private SplitShare(string self, Copier[][] eras) =>
        (_self, _eras, _live) = (self, eras, [.. eras[^1].Select(copier => copier.Name), self]);

    /// <summary>The copiers that share the connections at present.</summary>
    public int Count => _eras[^1].Length;

    /// <param name="self">The copier's own name, by which the others call it, too.</param>
    /// <param name="elders">Those that lived before it came.</param>
    public static SplitShare Begin(string self, IReadOnlyCollection<string> elders) => elders.Count == 0
        ? new SplitShare(self, [Era([self])])
        : new SplitShare(self, [Era(elders), Era([.. elders, self])]);

    /// <param name="copiers">All that live now, this one included.</param>
    public SplitShare With(IReadOnlyCollection<string> copiers) => new(_self, [.. _eras.TakeLast(MostEras - 1), Era(copiers)]);

    /// <summary>Whether this copier is the one.</summary>
    /// <param name="client">The client's end of the connection.</param>
    /// <param name="isNew">Its SYN was seen; false: it is met in mid-stream.</param>
    public bool Takes(in Endpoint client, bool isNew)
    {
        var hash = ClientHash.Of(client, Seed);
        if (OwnerOf(_eras[^1], hash) != _self)
            return false;
        if (isNew)
            return true;
        foreach (var era in _eras)
        {
            var owner = OwnerOf(era, hash);
            if (owner != _self && _live.Contains(owner))
                return false;
        }
        return true;
    }

    private static Copier[] Era(IEnumerable<string> names) => [.. names.Order(StringComparer.Ordinal).Select(name => new Copier(name))];

    private static string OwnerOf(Copier[] copiers, ulong hash)
    {
        var (owner, best) = ("", 0UL);
        foreach (var copier in copiers)
        {
            var score = ClientHash.Mix(hash ^ copier.Key);
            if (score >= best)
                (owner, best) = (copier.Name, score);
        }
        return owner;
    }

    private readonly struct Copier(string name)
    {
        public string Name { get; } = name;

        public ulong Key { get; } = name.Aggregate(Seed, (key, letter) => ClientHash.Mix(key ^ letter));
    }
}
