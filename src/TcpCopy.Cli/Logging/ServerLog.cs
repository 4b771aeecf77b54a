using TcpCopy.Cli.Hosting;

namespace TcpCopy.Cli.Logging;

/// <summary>What the page's web server has to complain of, on stderr; the rest is of no use to an operator.</summary>
internal sealed class ServerLog : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            NodeRun.Complain($"error: {formatter(state, exception)}\n{exception}");
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
