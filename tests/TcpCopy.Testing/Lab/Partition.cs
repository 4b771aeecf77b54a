namespace TcpCopy.Testing.Lab;

/// <summary>
/// Hosts that do not hear one another any more: whatever one of them sends under its own address is dropped on its arrival at the other. Replicas have their
/// clients' addresses and go on arriving, and clients are served as ever.
/// </summary>
public sealed class Partition
{
    private readonly LabHost[] _hosts;

    private Partition(LabHost[] hosts) => _hosts = hosts;

    /// <summary>Cuts one host off from the others, which still hear each other.</summary>
    public static async Task<Partition> CutAsync(LabHost one, params LabHost[] others)
    {
        await DropAsync(one, others);
        foreach (var other in others)
            await DropAsync(other, [one]);
        return new Partition([one, .. others]);

        static Task DropAsync(LabHost host, LabHost[] sources) => host.ApplyRulesAsync($$"""
            table ip partition {
              chain arrivals {
                type filter hook prerouting priority -400; policy accept;
                ip saddr { {{string.Join(", ", sources.Select(source => source.Address))}} } counter drop
              }
            }
            """);
    }

    public async Task HealAsync()
    {
        foreach (var host in _hosts)
            (await host.RunAsync("nft", "delete", "table", "ip", "partition")).Checked();
    }
}
