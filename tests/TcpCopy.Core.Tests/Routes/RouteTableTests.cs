using FsCheck.Xunit;
using TcpCopy.Core.Routes;
using TcpCopy.Core.Wire;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Core.Tests.Routes;

public sealed class RouteTableTests
{
    private readonly RouteTable<string> _table = new();

    [Fact]
    public void A_route_is_found_until_it_is_removed()
    {
        Assert.False(_table.TryFind(Flows.Numbered(1), out _));
        _table.Add(Flows.Numbered(1), 11, "a");
        Assert.True(_table.TryFind(Flows.Numbered(1), out var route));
        Assert.Equal((11, "a"), (route.Id, route.Copier));
        Assert.True(_table.Remove(Flows.Numbered(1), 11, "a"));
        Assert.False(_table.TryFind(Flows.Numbered(1), out _));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void Routes_that_were_no_part_of_the_last_registration_end_and_other_copiers_keep_theirs()
    {
        foreach (var (number, copier) in new[] { (1, "a"), (2, "a"), (3, "a"), (4, "b") })
            _table.Add(Flows.Numbered(number), number, copier);
        Assert.True(_table.TryFind(Flows.Numbered(2), out var kept));
        kept.Registration = 1;

        Assert.Equal(2, _table.ForgetBefore("a", registration: 1));
        Assert.Equal((2, 1, 1), (_table.Count, _table.CountOf("a"), _table.CountOf("b")));
        Assert.True(_table.TryFind(Flows.Numbered(2), out _));
        Assert.Equal(1, _table.Forget("a"));
        Assert.Equal(0, _table.ForgetBefore("a", registration: 2));
    }

    [Fact]
    public void The_end_of_an_earlier_replica_leaves_its_successor_alone()
    {
        _table.Add(Flows.Numbered(1), 11, "a");
        Assert.Null(_table.Add(Flows.Numbered(1), 12, "a"));
        Assert.False(_table.Remove(Flows.Numbered(1), 11, "a"));
        Assert.True(_table.TryFind(Flows.Numbered(1), out var route));
        Assert.Equal(12, route.Id);
        Assert.Equal(1, _table.CountOf("a"));
    }

    [Fact]
    public void Registered_again_it_is_what_it_was()
    {
        _table.Add(Flows.Numbered(1), 11, "a");
        Assert.True(_table.TryFind(Flows.Numbered(1), out var route));
        route.Acknowledged = new SeqNumber(5);
        Assert.Null(_table.Add(Flows.Numbered(1), 11, "a"));
        Assert.True(_table.TryFind(Flows.Numbered(1), out var again));
        Assert.Equal((new SeqNumber(5), 1), (again.Acknowledged, _table.CountOf("a")));
    }

    [Fact]
    public void Those_that_are_forgotten_are_told_one_by_one()
    {
        _table.Add(Flows.Numbered(1), 11, "a");
        _table.Add(Flows.Numbered(2), 12, "b");
        _table.Add(Flows.Numbered(3), 13, "a");
        var forgotten = new List<long>();
        Assert.Equal(2, _table.Forget("a", route => forgotten.Add(route.Id)));
        Assert.Equal([11, 13], forgotten.Order());
    }

    [Fact]
    public void Two_copiers_that_send_from_the_same_port_are_noticed()
    {
        _table.Add(Flows.Numbered(1), 11, "a");
        Assert.Equal("a", _table.Add(Flows.Numbered(1), 11, "b"));
        Assert.False(_table.Remove(Flows.Numbered(1), 11, "a"));
        Assert.Equal((0, 1), (_table.CountOf("a"), _table.CountOf("b")));
    }

    [Fact]
    public void Forgetting_a_copier_leaves_the_others_routes()
    {
        for (var number = 0; number < 100; number++)
            _table.Add(Flows.Numbered(number), number, number % 3 == 0 ? "a" : "b");
        Assert.Equal(34, _table.Forget("a"));
        Assert.Equal(0, _table.Forget("a"));
        Assert.Equal((66, 66), (_table.Count, _table.CountOf("b")));
        Assert.False(_table.TryFind(Flows.Numbered(0), out _));
        Assert.True(_table.TryFind(Flows.Numbered(1), out _));
    }

    /// <summary>Whatever is done to it, the table is a dictionary with a count per copier.</summary>
    [Property]
    public void It_behaves_like_a_plain_dictionary((byte Kind, byte Flow, byte Copier)[] steps)
    {
        var table = new RouteTable<string>();
        var model = new Dictionary<FlowKey, (long Id, string Copier)>();
        long id = 0;
        foreach (var step in steps)
        {
            var flow = Flows.Numbered(step.Flow % 8);
            var copier = (step.Copier % 3).ToString(System.Globalization.CultureInfo.InvariantCulture);
            switch (step.Kind % 8)
            {
                case < 4:
                    table.Add(flow, ++id, copier);
                    model[flow] = (id, copier);
                    break;
                case < 6:
                    var known = model.GetValueOrDefault(flow);
                    var expected = known.Copier == copier && model.Remove(flow);
                    Assert.Equal(expected, table.Remove(flow, known.Id, copier));
                    break;
                case 6:
                    Assert.False(table.Remove(flow, -1, copier));
                    break;
                default:
                    var own = model.Where(pair => pair.Value.Copier == copier).Select(pair => pair.Key).ToList();
                    own.ForEach(key => model.Remove(key));
                    Assert.Equal(own.Count, table.Forget(copier));
                    break;
            }
            AssertSame(model, table);
        }
    }

    [Fact]
    public void Looking_up_allocates_nothing()
    {
        _table.Add(Flows.Numbered(1), 11, "a");
        var (known, unknown) = (Flows.Numbered(1), Flows.Numbered(2));
        FindMany(known, unknown);
        Assert.Equal(0, Allocations.Of(() => FindMany(known, unknown)));
    }

    private int FindMany(in FlowKey known, in FlowKey unknown)
    {
        var found = 0;
        for (var i = 0; i < 1000; i++)
            found += (_table.TryFind(known, out _) ? 1 : 0) + (_table.TryFind(unknown, out _) ? 1 : 0);
        return found;
    }

    private static void AssertSame(Dictionary<FlowKey, (long Id, string Copier)> model, RouteTable<string> table)
    {
        Assert.Equal(model.Count, table.Count);
        foreach (var (key, value) in model)
            Assert.True(table.TryFind(key, out var route) && (route.Id, route.Copier) == value);
        foreach (var copier in new[] { "0", "1", "2" })
            Assert.Equal(model.Values.Count(route => route.Copier == copier), table.CountOf(copier));
    }
}
