namespace TcpCopy.Contracts.Api;

/// <param name="Frames">That the tap handed over.</param>
/// <param name="NotReplies">No whole TCP headers among them.</param>
/// <param name="Dropped">Lost because the kernel's buffer was full.</param>
public sealed record TapPart(long Frames, long NotReplies, long Dropped);

/// <param name="Taken">The sum of <paramref name="Routed"/>, <paramref name="Expired"/>, <paramref name="Waiting"/> and <paramref name="Orphaned"/>.</param>
/// <param name="Routed">Sent on to a copier.</param>
/// <param name="Held">Came before the registration of their flow.</param>
/// <param name="Expired">Of flows that nobody registered in time.</param>
/// <param name="Displaced">Of these, given up before their time because too many waited.</param>
/// <param name="Waiting">Still waiting at the end.</param>
/// <param name="Orphaned">Of replicas whose copier was gone; answered with a reset.</param>
/// <param name="Batches">Messages that replies were sent in.</param>
/// <param name="BatchesDropped">Of these, those that a full link did not take.</param>
/// <param name="Collisions">Flows that two copiers claimed at once.</param>
/// <param name="Resets">Replicas that were reset at the target because their copier was gone.</param>
/// <param name="Escaped">Replicas that real clients reset: the target's answers reached them.</param>
public sealed record RoutePart(
    long Taken, long Routed, long Held, long Expired, long Displaced, long Waiting, long Orphaned, long Batches, long BatchesDropped, long Collisions,
    long Resets, long Escaped);
