using TcpCopy.Testing.Lab;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>A lab with two servers on the online host, each with a target of its own: the first on the target host, the second on the assistant.</summary>
internal sealed class TwoTargets : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _started = [];

    private TwoTargets()
    {
    }

    public LabNetwork Lab { get; private set; } = null!;

    public NginxServer FirstOnline { get; private set; } = null!;

    public NginxServer SecondOnline { get; private set; } = null!;

    public NginxServer FirstTarget { get; private set; } = null!;

    public NginxServer SecondTarget { get; private set; } = null!;

    public static Task<TwoTargets> StartAsync() => new TwoTargets().StartedAsync(all => all.BeginAsync());

    public async ValueTask DisposeAsync()
    {
        foreach (var started in _started.AsEnumerable().Reverse())
            await started.DisposeAsync();
    }

    private async Task BeginAsync()
    {
        Lab = await AddAsync(LabNetwork.StartAsync());
        FirstOnline = await AddAsync(NginxServer.StartAsync(Lab.Online, LabConfig.FirstPort));
        SecondOnline = await AddAsync(NginxServer.StartAsync(Lab.Online, LabConfig.SecondPort));
        FirstTarget = await AddAsync(NginxServer.StartAsync(Lab.Target, LabConfig.FirstPort));
        SecondTarget = await AddAsync(NginxServer.StartAsync(Lab.Assistant, LabConfig.SecondPort));
    }

    private async Task<T> AddAsync<T>(Task<T> starting)
        where T : IAsyncDisposable
    {
        var started = await starting;
        _started.Add(started);
        return started;
    }
}
