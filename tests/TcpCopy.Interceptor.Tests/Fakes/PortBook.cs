using TcpCopy.Packets.Rules;

namespace TcpCopy.Interceptor.Tests.Fakes;

/// <summary>A sink that notes its ports and touches no network.</summary>
internal sealed class PortBook : IReplySink
{
    private SortedSet<ushort> _ports = [];

    public IReadOnlyCollection<ushort> Ports => _ports;

    public bool ServesV6 { get; set; } = true;

    public RulesException? Failure { get; set; }

    public int Changes { get; private set; }

    public void SetPorts(IEnumerable<ushort> ports)
    {
        if (Failure is { } failure)
            throw failure;
        _ports = [.. ports];
        Changes++;
    }
}
