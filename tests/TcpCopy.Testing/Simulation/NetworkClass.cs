namespace TcpCopy.Testing.Simulation;

/// <summary>A kind of network, client and target of which every seed makes another run.</summary>
/// <param name="Name">In one word or two, for the command line.</param>
/// <param name="Plan">The run of a seed.</param>
/// <param name="Expect">What holds of its runs beside <see cref="NetworkProperties"/>.</param>
public sealed record NetworkClass(string Name, Func<int, NetworkPlan> Plan, Action<SimulatedNetwork> Expect)
{
    public override string ToString() => Name;

    /// <summary>Runs one seed.</summary>
    /// <param name="seed">Of the plan and of everything that happens by chance.</param>
    /// <param name="trace">Takes every packet, when it is wanted.</param>
    /// <param name="tamper">Makes the engine a faulty one.</param>
    /// <exception cref="PropertyException">A property does not hold.</exception>
    public SimulatedNetwork Run(int seed, TextWriter? trace = null, Func<SimulatedNetwork, TamperingHand>? tamper = null)
    {
        var run = new SimulatedNetwork(Plan(seed), trace);
        run.Tamper = tamper?.Invoke(run);
        run.Run();
        NetworkProperties.Check(run);
        Expect(run);
        return run;
    }
}
