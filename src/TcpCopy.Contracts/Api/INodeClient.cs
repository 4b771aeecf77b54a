namespace TcpCopy.Contracts.Api;

/// <summary>A node cannot be asked, or refuses; the message says which and how to mend it.</summary>
public sealed class NodeClientException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Asks one node. Every question may end with a <see cref="NodeClientException"/>.</summary>
public interface INodeClient
{
    /// <summary>As whoever asks calls the node.</summary>
    string Name { get; }

    Task<NodeStatus> ReadStatusAsync(CancellationToken cancel);

    /// <summary>Of a copier.</summary>
    Task<Report> ReadReportAsync(CancellationToken cancel);

    /// <param name="query">As <c>/api/sessions</c> takes it: "client=10.0.0.1&amp;limit=50".</param>
    /// <param name="cancel">Gives up.</param>
    Task<SessionList> FindSessionsAsync(string query, CancellationToken cancel);

    /// <returns>Null: there is no such session, or it ended too long ago.</returns>
    Task<SessionInside?> DescribeSessionAsync(string id, CancellationToken cancel);
}
