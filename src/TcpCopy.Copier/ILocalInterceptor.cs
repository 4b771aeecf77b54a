using Akka.Actor;

namespace TcpCopy.Copier;

/// <summary>An interceptor in the copier's own process, which takes the replies to replicas that come from this host's own address.</summary>
public interface ILocalInterceptor
{
    /// <summary>Completed when it has failed for good, with what it died of.</summary>
    Task<Exception> Failed { get; }

    /// <summary>Starts it as <c>/user/interceptor</c> of the copier's system; called once, before the copier's own actors start.</summary>
    void Start(ActorSystem system);

    /// <summary>Called when the copier's replicas are closed.</summary>
    Task StopAsync();
}
