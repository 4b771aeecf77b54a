using TcpCopy.Core.Traffic;

namespace TcpCopy.Packets.Rules;

/// <summary>
/// Takes replies to replicas out of the network: they leave the target's TCP as if sent, and end in a device that swallows them or in a queue, where
/// the tap sees them. Installing takes over what a killed predecessor left without a moment in which replies would reach the network;
/// removing leaves rules, routes and devices as they were before. Not thread-safe.
/// </summary>
public sealed class ReplySink : IReplySink, IDisposable
{
    private const string StartAgain = "start the interceptor again";
    private const string ApplyAgain = "run 'tcpcopy rules apply' with the interceptor's settings";

    private static readonly string[] AllFamilies = ["-4", "-6"];

    private readonly SinkLock _lock;
    private readonly SinkDevice _device;
    private readonly ReplyTable _table;
    private readonly ClientRoutes _routes;
    private readonly SortedSet<ushort> _ports;
    private readonly List<MarkRules> _rules = [];
    private bool _isAttached;
    private bool _removed;

    private ReplySink(SinkSettings settings, SinkLock hold)
    {
        Settings = settings;
        _lock = hold;
        _device = new SinkDevice(settings);
        _table = new ReplyTable(settings);
        _routes = new ClientRoutes(settings);
        _ports = [.. settings.Ports];
    }

    public SinkSettings Settings { get; }

    /// <inheritdoc/>
    public IReadOnlyCollection<ushort> Ports => _ports;

    /// <inheritdoc/>
    public bool ServesV6 => Settings.IsQueue ? QueueRules.HasV6 : _device.HasV6;

    /// <summary>
    /// Installs device, routes, rules and marks, in this order: nothing is marked before its way into the sink exists. By clients' ranges device and routes
    /// are all.
    /// </summary>
    /// <exception cref="RulesException">
    /// Another interceptor is at work on this host (which stays as it is), a name or number is somebody else's, a program or a privilege is
    /// missing. What was installed until then is removed again.
    /// </exception>
    public static ReplySink Install(SinkSettings settings)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(settings.Dscp, 63);
        Privilege.DemandNetworkAdministration("install the rules that take replies out of the network");
        SystemCommand.DemandPrograms("ip", "nft");
        if (settings.IsQueue)
            SystemCommand.DemandPrograms([.. QueueRules.Families.Select(family => family.Program)]);
        if (settings.Selection == ReplicaSelection.Clients && settings.Clients.Count == 0)
            throw new ArgumentException("clients are to be told by their ranges, and there is none", nameof(settings));
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

    /// <summary>Takes rules that <see cref="Apply"/> installed for what they are; they stay when this is disposed of. Needs no privilege.</summary>
    /// <exception cref="RulesException">They are not there, or another interceptor is at work on this host.</exception>
    public static ReplySink Attach(SinkSettings settings)
    {
        VerifyApplied(settings);
        var sink = new ReplySink(settings, SinkLock.Take()) { _isAttached = true };
        sink._device.Attach();
        return sink;
    }

    /// <summary>Installs everything and leaves it there, for interceptors that <see cref="Attach"/>.</summary>
    /// <inheritdoc cref="Install" path="/exception"/>
    public static void Apply(SinkSettings settings)
    {
        using var sink = Install(settings);
        sink.Verify();
        sink._device.Note(AppliedNote.Write(settings, ReplyTable.Fingerprint()));
        sink.Abandon();
    }

    /// <summary>Reads back from the kernel what <see cref="Apply"/> installed; the nftables part only where nft answers this process.</summary>
    /// <exception cref="RulesException">It is not there, not as it was, or was made from other settings.</exception>
    public static void VerifyApplied(SinkSettings settings)
    {
        SystemCommand.DemandPrograms("ip");
        var device = new SinkDevice(settings);
        var (made, table) = AppliedNote.Read(device.ReadNote());
        if (made.Length == 0)
            throw new RulesException($"the rules that take replies out of the network have not been applied on this host; {ApplyAgain}");
        if (made != AppliedNote.Describe(settings))
            throw new RulesException($"the rules of this host were made for {made}, and what is asked for is {AppliedNote.Describe(settings)}; {ApplyAgain}");
        device.Attach();
        device.Verify(ApplyAgain);
        new ClientRoutes(settings).Verify();
        if (settings.Selection == ReplicaSelection.Clients)
            return;
        foreach (var family in FamiliesOf(device))
            new MarkRules(family, settings).Verify(ApplyAgain);
        if (Privilege.HasNetworkAdministration && ReplyTable.Fingerprint() != table)
            throw ReplyTable.Changed(ApplyAgain);
    }

    /// <summary>Removes what a killed interceptor left, or <see cref="Apply"/>.</summary>
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
        if (_isAttached)
            throw new RulesException("the rules of this host are managed outside of the interceptor; apply them for these ports, too");
        if (!IsByRoute)
            _table.SetPorts(wanted);
        _ports.Clear();
        _ports.UnionWith(wanted);
    }

    /// <summary>Reads everything back from the kernel.</summary>
    /// <exception cref="RulesException">Something is not as it was installed; the message names it.</exception>
    public void Verify()
    {
        if (_isAttached)
        {
            VerifyApplied(Settings);
            return;
        }
        if (Settings.IsQueue)
            VerifyQueue();
        else
            _device.Verify(StartAgain);
        _routes.Verify();
        foreach (var rules in _rules)
            rules.Verify(StartAgain);
        if (!IsByRoute)
            _table.Verify(StartAgain);
    }

    /// <summary>Removes everything that it installed; a second call does nothing. Every step is tried, whatever became of the others.</summary>
    /// <exception cref="RulesException">Something could not be removed; the message names all of it.</exception>
    public void Remove()
    {
        if (_removed)
            return;
        _removed = true;
        try
        {
            if (!_isAttached)
                RemoveAll();
        }
        finally
        {
            _lock.Dispose();
        }
    }

    public void Dispose() => Remove();

    /// <summary>Leaves everything installed, as a killed process does: the next interceptor takes it over.</summary>
    public void Abandon()
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

    /// <summary>By routes alone: no policy rule and no table has a part in it.</summary>
    private bool IsByRoute => Settings.Selection == ReplicaSelection.Clients;

    private void InstallAll()
    {
        // Replicas of a predecessor's copiers may be alive: their ports stay served until those copiers announce them again.
        if (Settings.Ports.Count == 0 && !IsByRoute)
            _ports.UnionWith(ReplyTable.LeftPorts());
        if (Settings.IsQueue)
        {
            InstallQueue();
            return;
        }
        _routes.Demand();
        _device.Install();
        _routes.Install();
        if (IsByRoute)
        {
            RemoveMarks();
            RemoveQueue();
            return;
        }
        _rules.AddRange(FamiliesOf(_device).Select(family => new MarkRules(family, Settings)));
        foreach (var rules in _rules)
            rules.Install();
        _table.Install(_ports);
        RemoveQueue();
    }

    /// <summary>The rule first: nothing is marked before its way into the queue exists. A predecessor's device takes what it has marked until then.</summary>
    private void InstallQueue()
    {
        foreach (var family in QueueRules.Families)
            family.Install(Settings);
        _table.Install(_ports);
        foreach (var family in AllFamilies)
            MarkRules.RemoveAll(family);
        SinkDevice.RemoveAll();
    }

    private void VerifyQueue()
    {
        foreach (var family in QueueRules.Families)
            family.Verify(Settings);
    }

    private static void RemoveQueue()
    {
        foreach (var family in QueueRules.Families)
            family.RemoveAll();
    }

    private static string[] FamiliesOf(SinkDevice device) => device.HasV6 ? AllFamilies : ["-4"];

    /// <summary>A predecessor may have told replicas by their marks.</summary>
    private static void RemoveMarks()
    {
        ReplyTable.Remove();
        foreach (var family in AllFamilies)
            MarkRules.RemoveAll(family);
    }

    /// <summary>Marks first: a marked reply without a way into the sink would be none the better off.</summary>
    private static void RemoveAll()
    {
        var failures = new List<string>();
        Try(ReplyTable.Remove);
        foreach (var family in AllFamilies)
            Try(() => MarkRules.RemoveAll(family));
        Try(SinkDevice.RemoveAll);
        Try(RemoveQueue);
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
