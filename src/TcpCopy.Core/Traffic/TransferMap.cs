using System.Diagnostics.CodeAnalysis;
using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Traffic;

/// <summary>Which transfer a captured packet belongs to, by its server's end: one look-up, an exact address before "any address".</summary>
public sealed class TransferMap
{
    private readonly Dictionary<Endpoint, Transfer> _byEndpoint = [];
    private readonly Dictionary<ushort, Transfer> _byPort = [];

    /// <param name="transfers">What is to be copied.</param>
    /// <param name="ownAddresses">The online host's addresses, by which "any address" is checked.</param>
    /// <exception cref="TransferConflictException">Two transfers of one online endpoint, or a target that is itself copied.</exception>
    public TransferMap(IReadOnlyList<Transfer> transfers, IReadOnlyCollection<HostAddress> ownAddresses)
    {
        Transfers = transfers;
        foreach (var transfer in transfers)
            Add(transfer);
        foreach (var transfer in transfers)
            RefuseLoop(transfer, ownAddresses);
    }

    public IReadOnlyList<Transfer> Transfers { get; }

    /// <param name="online">The captured server's end.</param>
    /// <param name="transfer">The transfer whose traffic it is.</param>
    public bool TryFind(in Endpoint online, [NotNullWhen(true)] out Transfer? transfer) =>
        _byEndpoint.TryGetValue(online, out transfer) || _byPort.TryGetValue(online.Port, out transfer);

    private void Add(Transfer transfer)
    {
        var added = transfer.OnlineAddress is { } address
            ? _byEndpoint.TryAdd(new Endpoint(address, transfer.OnlinePort), transfer)
            : _byPort.TryAdd(transfer.OnlinePort, transfer);
        if (added)
            return;
        var online = transfer.OnlineAddress is { } known ? $"{new Endpoint(known, transfer.OnlinePort)}" : $"port {transfer.OnlinePort}";
        throw new TransferConflictException(transfer, $"{online} is already copied by another transfer; one online endpoint has one target");
    }

    // A target that is captured itself would have its replicas copied again, and those again: traffic that feeds on itself.
    private void RefuseLoop(Transfer transfer, IReadOnlyCollection<HostAddress> ownAddresses)
    {
        var target = transfer.Target;
        if (_byEndpoint.TryGetValue(target, out var exact))
            throw Loop(transfer, $"{target} is an online endpoint of {exact}");
        if (_byPort.TryGetValue(target.Port, out var any) && (target.Address.IsLoopback || ownAddresses.Contains(target.Address)))
            throw Loop(transfer, $"{target.Address} is this host's own and port {target.Port} is online in {any}");
    }

    private static TransferConflictException Loop(Transfer transfer, string reason) => new(
        transfer, $"the target is itself copied ({reason}), so every replica would be copied again; give another target or online address");
}

/// <summary>Transfers that cannot be served together; the message names the transfer, the reason and the remedy.</summary>
public sealed class TransferConflictException(Transfer transfer, string reason) : Exception($"{transfer}: {reason}")
{
    public Transfer Transfer { get; } = transfer;

    /// <summary>The reason and the remedy alone.</summary>
    public string Reason { get; } = reason;
}
