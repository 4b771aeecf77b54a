namespace TcpCopy.Copier.Shards;

/// <summary>Messages that are told again: one a packet would be the collector's largest part otherwise. Loop thread only.</summary>
internal sealed class MessagePool<T>
    where T : class, new()
{
    /// <summary>More lie in mailboxes at once only when something stalls, and what that took is given back.</summary>
    private const int Most = 4096;

    private readonly Stack<T> _spare = new();

    public T Rent() => _spare.TryPop(out var spare) ? spare : new T();

    public void Return(T message)
    {
        if (_spare.Count < Most)
            _spare.Push(message);
    }
}
