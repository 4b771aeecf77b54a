namespace TcpCopy.Testing.Lab;

/// <summary>What is started and then waited for.</summary>
public static class Starting
{
    /// <summary>Brings it to where it can be used; when that fails, nothing of it stays behind.</summary>
    /// <returns>It itself.</returns>
    public static async Task<T> StartedAsync<T>(this T starting, Func<T, Task> start)
        where T : IAsyncDisposable
    {
        try
        {
            await start(starting);
            return starting;
        }
        catch
        {
            await starting.DisposeAsync();
            throw;
        }
    }
}
