using System.Globalization;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace TcpCopy.Node.Loop;

/// <summary>
/// Runs the mailboxes of its actors on one <see cref="EventLoop"/>. Actors, supervision and messages are as on any dispatcher; what changes is
/// that capture, sessions and sending share a thread, so nothing is handed from one core to another.
/// </summary>
public sealed class LoopDispatcher : MessageDispatcher
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private EventLoop? _loop;

    public LoopDispatcher(MessageDispatcherConfigurator configurator, Config config, TimeProvider clock)
        : base(configurator)
    {
        _clock = clock;
        Id = config.GetString("id");
        Throughput = config.GetInt("throughput");
        ShutdownTimeout = config.GetTimeSpan("shutdown-timeout");
    }

    /// <summary>The loop that its actors share; started by whoever needs it first.</summary>
    public EventLoop Loop => Volatile.Read(ref _loop) ?? StartLoop();

    /// <summary>Whether the loop goes on without actors, until <see cref="End"/>: timers run on it.</summary>
    internal bool OutlivesActors { get; set; }

    /// <summary>Stops the loop.</summary>
    internal void End()
    {
        lock (_gate)
        {
            _loop?.Dispose();
            _loop = null;
        }
    }

    protected override void ExecuteTask(IRunnable run) => Loop.Execute(run);

    /// <summary>Called when the last actor is gone; a later actor starts a new loop.</summary>
    protected override void Shutdown()
    {
        if (!OutlivesActors)
            End();
    }

    private EventLoop StartLoop()
    {
        lock (_gate)
            return _loop ??= new EventLoop(Id, ReportCallback, _clock);
    }

    private void ReportCallback(Exception error) =>
        EventStream.Publish(new Error(error, Id, typeof(LoopDispatcher), "a callback of the event loop failed"));
}

/// <summary>Named in HOCON as a dispatcher's <c>type</c>: one loop, and so one thread, for each dispatcher section.</summary>
public sealed class LoopDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly LoopDispatcher _dispatcher;

    public LoopDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
        : base(config, prerequisites)
    {
        var clock = prerequisites.Settings.Setup.Get<LoopClock>();
        _dispatcher = new LoopDispatcher(this, config, clock.HasValue ? clock.Value.Time : TimeProvider.System);
        (prerequisites.Scheduler as LoopScheduler)?.RunOn(_dispatcher);
    }

    public override MessageDispatcher Dispatcher() => _dispatcher;

    /// <summary>A section that makes another loop, set as an existing one is.</summary>
    /// <param name="config">Holds the existing one.</param>
    /// <param name="existing">Its path.</param>
    /// <param name="section">Path of the other.</param>
    public static Config SectionAs(Config config, string existing, string section) => ConfigurationFactory.ParseString(
        $$"""
        {{section}} {
          type = "{{config.GetString($"{existing}.type")}}"
          throughput = {{config.GetInt($"{existing}.throughput").ToString(CultureInfo.InvariantCulture)}}
        }
        """);
}

/// <summary>Given to an actor system that is set up, what its loops take for the time; without it, the system's. Akka's own timers keep to that.</summary>
public sealed class LoopClock(TimeProvider time) : Setup
{
    public TimeProvider Time => time;
}
