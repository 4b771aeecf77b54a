namespace TcpCopy.Packets.Rules;

/// <summary>
/// Takes replies to replicas out of the network: they leave the target's TCP as if sent, and end in a device that swallows them, where
/// the tap sees them. Installing takes over what a killed predecessor left without a moment in which replies would reach the network;
/// removing leaves rules, routes and devices as they were before. Not thread-safe.
/// </summary>
public sealed class ReplySink : IReplySink, IDisposable
{
    private static readonly string[] AllFamilies = ["-4", "-6"];

    private readonly SinkLock _lock;
    private readonly SinkDevice _device;
    private readonly ReplyTable _table;
    private readonly SortedSet<ushort> _ports;
    private readonly List<MarkRules> _rules = [];
    private bool _removed;

    private ReplySink(SinkSettings settings, SinkLock hold)
    {
        Settings = settings;
        _lock = hold;
        _device = new SinkDevice(settings);
        _table = new ReplyTable(settings);
        _ports = [.. settings.Ports];
    }

    public SinkSettings Settings { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<ushort> Ports => _ports;

    /// <inheritdoc/>
    public bool ServesV6 => _device.HasV6;

    /// <summary>Installs device, routes, rules and marks, in this order: nothing is marked before its way into the sink exists.</summary>
    /// <exception cref="RulesException">
    /// Another interceptor is at work on this host (which stays as it is), a name or number is somebody else's, a program or a privilege is
    /// missing. What was installed until then is removed again.
    /// </exception>
    public static ReplySink Install(SinkSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.Dscp, 63);
        Privilege.DemandNetworkAdministration("install the rules that take replies out of the network");
        SystemCommand.DemandPrograms("ip", "nft");
        var hold = SinkLock.Take();
        var sink = new ReplySink(settings, hold);
        try
        {
            sink.InstallAll();
            return sink;
        }
        catch (Exception exception)
        {
            throw sink.Undo(exception as RulesException ?? new RulesException($"rules cannot be installed: {exception.Message}", exception));
        }
    }

    /// <summary>Removes what a killed interceptor left.</summary>
    /// <exception cref="RulesException">An interceptor is at work on this host, or something cannot be removed.</exception>
    public static void RemoveLeftovers()
    {
        Privilege.DemandNetworkAdministration("remove the rules of an interceptor");
        using var hold = SinkLock.Take();
        RemoveAll();
    }

    /// <inheritdoc/>
    public void SetPorts(IEnumerable<ushort> ports)
    {
        var wanted = new SortedSet<ushort>(ports);
        if (wanted.SetEquals(_ports))
            return;
        _table.SetPorts(wanted);
        _ports.Clear();
        _ports.UnionWith(wanted);
    }

    /// <summary>Reads everything back from the kernel.</summary>
    /// <exception cref="RulesException">Something is not as it was installed; the message names it.</exception>
    public void Verify()
    {
        _device.Verify();
        foreach (var rules in _rules)
            rules.Verify();
        _table.Verify();
    }

    /// <summary>Removes everything; a second call does nothing. Every step is tried, whatever became of the others.</summary>
    /// <exception cref="RulesException">Something could not be removed; the message names all of it.</exception>
    public void Remove()
    {
        if (_removed)
            return;
        _removed = true;
        try
        {
            RemoveAll();
        }
        finally
        {
            _lock.Dispose();
        }
    }

    public void Dispose() => Remove();

    /// <summary>Leaves everything installed, as a killed process does.</summary>
    internal void Abandon()
    {
        _removed = true;
        _lock.Dispose();
    }

    private RulesException Undo(RulesException cause)
    {
        try
        {
            Remove();
            return cause;
        }
        catch (RulesException exception)
        {
            return new RulesException($"{cause.Message}; then {exception.Message}", cause);
        }
    }

    private void InstallAll()
    {
        // Replicas of a predecessor's copiers may be alive: their ports stay served until those copiers announce them again.
        if (Settings.Ports.Count == 0)
            _ports.UnionWith(ReplyTable.LeftPorts());
        _device.Install();
        _rules.AddRange((_device.HasV6 ? AllFamilies : ["-4"]).Select(family => new MarkRules(family, Settings)));
        foreach (var rules in _rules)
            rules.Install();
        _table.Install(_ports);
    }

    /// <summary>Marks first: a marked reply without a way into the sink would be none the better off.</summary>
    private static void RemoveAll()
    {
        var failures = new List<string>();
        Try(ReplyTable.Remove);
        foreach (var family in AllFamilies)
            Try(() => MarkRules.RemoveAll(family));
        Try(SinkDevice.RemoveAll);
        if (failures.Count > 0)
            throw new RulesException($"not everything could be removed: {string.Join("; ", failures)}");

        void Try(Action step)
        {
            try
            {
                step();
            }
            catch (RulesException exception)
            {
                failures.Add(exception.Message);
            }
        }
    }
}
