using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>Databases under their own load tools: what was written online is written at the target.</summary>
public sealed class DatabaseTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Pipelined_increments_of_Redis_all_arrive()
    {
        const int Port = 6379;
        const int Increments = 40_000;
        const string Key = "counter:__rand_int__";
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await RedisServer.StartAsync(lab.Online, Port);
        await using var target = await RedisServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);

        (await lab.Client.RunAsync(
            "redis-benchmark", "-h", lab.Online.Address, "-p", $"{Port}", "-t", "incr", "-n", $"{Increments}", "-c", "20", "-P", "16", "-q")).Checked();
        Assert.Equal(Increments, await online.NumberAsync(Key));
        await Wait.UntilAsync(async () => await target.NumberAsync(Key) >= Increments, Bound, () => $"{Increments} increments at the target");
        var figures = Assert.Single(await copying.StopAsync());

        Assert.Equal(Increments, await target.NumberAsync(Key));
        figures.AssertNothingLost(figures.Number("requests", "captured"));
    }

    [Fact]
    public async Task Transactions_of_PostgreSQL_are_done_at_the_target_too()
    {
        const int Port = 5432;
        const int Clients = 5;
        const int Transactions = 60;
        const string Sum = "select count(*) || ' ' || sum(delta) || ' ' || (select sum(abalance) from pgbench_accounts) from pgbench_history";
        await using var lab = await LabNetwork.StartAsync();
        await using var online = await PostgresServer.StartAsync(lab.Online, Port);
        await using var target = await PostgresServer.StartAsync(lab.Target, Port);
        await using var copying = await Copying.StartAsync(lab, Port, lab.Online);

        string[] load = ["-n", "-c", $"{Clients}", "-t", $"{Transactions}", "-h", lab.Online.Address, "-p", $"{Port}", "-U", "postgres", "postgres"];
        (await lab.Client.RunAsync(PostgresServer.Program("pgbench"), load)).Checked();
        var expected = await online.ValueAsync(Sum);
        Assert.StartsWith($"{Clients * Transactions} ", expected);
        await Wait.UntilAsync(async () => await target.ValueAsync(Sum) == expected, Bound, () => $"'{expected}' in the target's tables");
        var figures = Assert.Single(await copying.StopAsync());

        figures.AssertNothingLost(figures.Number("requests", "captured"));
    }
}
