using Akka.Actor;
using Akka.Dispatch;
using TcpCopy.Copier.Sessions;
using TcpCopy.Copier.Shards;
using TcpCopy.Node.Loop;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>Objects of one type that one session alone holds.</summary>
/// <param name="Type">Their type.</param>
/// <param name="Count">How many.</param>
/// <param name="Bytes">All of them together.</param>
internal sealed record ObjectShare(string Type, int Count, long Bytes);

/// <summary>Where the bytes of a session go: what can be reached from its place in the table and from no other session's.</summary>
internal static class SessionObjects
{
    /// <param name="session">What is asked about.</param>
    /// <param name="other">Tells what they share.</param>
    /// <returns>The largest share first.</returns>
    public static IReadOnlyList<ObjectShare> Of(SessionEntry session, SessionEntry other)
    {
        var shared = Reachable(other);
        return [.. Reachable(session).Where(found => !shared.Contains(found))
            .GroupBy(found => NameOf(found.GetType()))
            .Select(group => new ObjectShare(group.Key, group.Count(), group.Sum(ObjectGraph.SizeOf)))
            .OrderByDescending(share => share.Bytes)];
    }

    private static HashSet<object> Reachable(SessionEntry session) => ObjectGraph.From(
        session,
        target => target is Shard or EventLoop or MessageDispatcher or ActorSystem or Delegate or SessionSupervisor
            || (target is IActorRef && !ReferenceEquals(target, session.Actor))
            // Neighbours in the list of those that changed.
            || (target is SessionEntry && target != session));

    private static string NameOf(Type type)
    {
        if (type.IsArray)
            return $"{NameOf(type.GetElementType()!)}[]";
        var name = type.DeclaringType is null ? type.Name : $"{type.DeclaringType.Name}.{type.Name}";
        return type.IsGenericType
            ? $"{name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
            : name;
    }
}
