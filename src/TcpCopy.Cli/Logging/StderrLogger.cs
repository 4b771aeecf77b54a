using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace TcpCopy.Cli.Logging;

/// <summary>Akka's log events on stderr, a line each; stdout is for the ready line and the summary.</summary>
internal sealed class StderrLogger : UntypedActor, IRequiresMessageQueue<ILoggerMessageQueueSemantics>
{
    /// <summary>What makes Akka use this logger, also before its actors run.</summary>
    public static readonly Config Config = ConfigurationFactory.ParseString(
        $$"""
        akka.loggers = ["{{typeof(StderrLogger).FullName}}, {{typeof(StderrLogger).Assembly.GetName().Name}}"]
        akka.stdout-logger-class = "{{typeof(StderrStartLogger).FullName}}, {{typeof(StderrStartLogger).Assembly.GetName().Name}}"
        """);

    private readonly LogSieve _sieve = new(Context.System.Settings.LogLevel);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LogEvent logEvent:
                if (_sieve.Passes(logEvent, logEvent.Timestamp))
                    Write(logEvent);
                break;
            case InitializeLogger:
                Sender.Tell(new LoggerInitialized());
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Write(LogEvent logEvent)
    {
        if (_sieve.LeftOut > 0)
            Console.Error.WriteLine(LogLine.Of(new Info(logEvent.LogSource, logEvent.LogClass, $"{_sieve.LeftOut} lines like the next one were left out")));
        Console.Error.WriteLine(LogLine.Of(logEvent));
    }
}

/// <summary>The same for what is logged before the logger's actor runs and after it ended.</summary>
internal sealed class StderrStartLogger : MinimalLogger
{
    protected override void Log(object message)
    {
        if (message is LogEvent logEvent)
            Console.Error.WriteLine(LogLine.Of(logEvent));
    }
}
