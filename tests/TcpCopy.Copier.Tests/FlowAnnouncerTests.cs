using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit;
using TcpCopy.Contracts.Messages;
using TcpCopy.Copier.Figures;
using TcpCopy.Copier.Links;
using TcpCopy.Core.Wire;
using TcpCopy.Testing;
using Xunit;

namespace TcpCopy.Copier.Tests;

/// <summary>Which interceptor is told of which flow.</summary>
public sealed class FlowAnnouncerTests() : TestKit(KitSettings.Patient + "akka.loglevel = OFF")
{
    private readonly FlowAnnouncer _announcer = new();

    [Fact]
    public void Of_several_assistants_each_hears_of_its_own_clients()
    {
        var (low, high) = (CreateTestProbe(), CreateTestProbe());
        Link(low, "10.0.0.4", "198.18.0.0/25");
        Link(high, "10.0.0.5", "198.18.0.128/25");

        _announcer.Begin(new FlowId(1), Replica("198.18.0.9"));
        _announcer.Begin(new FlowId(2), Replica("198.18.0.200"));
        _announcer.Flush();

        Assert.Equal(1, Announced(low));
        Assert.Equal(2, Announced(high));
        Assert.False(_announcer.IsServed(Replica("198.19.0.1")));
    }

    [Fact]
    public void When_an_assistant_is_gone_its_clients_are_not_served_and_the_others_are()
    {
        var (low, high) = (CreateTestProbe(), CreateTestProbe());
        Link(low, "10.0.0.4", "198.18.0.0/25");
        Link(high, "10.0.0.5", "198.18.0.128/25");

        _announcer.RemoveLink(high);

        Assert.True(_announcer.IsServed(Replica("198.18.0.9")));
        Assert.False(_announcer.IsServed(Replica("198.18.0.200")));
    }

    [Fact]
    public void An_interceptor_that_claims_the_target_has_all_its_flows()
    {
        var (assistant, onTarget) = (CreateTestProbe(), CreateTestProbe());
        Link(assistant, "10.0.0.4");
        Assert.True(_announcer.IsServed(Replica("10.1.1.1")));
        Link(onTarget, "10.0.0.148");

        _announcer.Begin(new FlowId(3), Replica("10.1.1.1"));
        _announcer.Flush();

        Assert.Equal(3, Announced(onTarget));
        assistant.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void An_interceptor_at_another_target_does_not_stand_in_for_one_that_is_gone()
    {
        var (first, second) = (CreateTestProbe(), CreateTestProbe());
        LinkAtTarget(first, "10.0.0.148");
        LinkAtTarget(second, "10.0.0.149");
        Assert.True(_announcer.IsServed(Replica("10.1.1.1")));

        _announcer.RemoveLink(first);

        Assert.False(_announcer.IsServed(Replica("10.1.1.1")));
        _announcer.Begin(new FlowId(4), Replica("10.1.1.1"));
        _announcer.Flush();
        second.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void Only_an_end_is_not_pressing()
    {
        var (interceptor, hasRoom) = (CreateTestProbe(), true);
        AddLink(interceptor, () => hasRoom, null);
        var (first, second) = (Replica("10.1.1.1", 1), Replica("10.1.1.1", 2));

        _announcer.Begin(new FlowId(1), first);
        Assert.True(_announcer.IsPressing);
        _announcer.Flush();
        _announcer.End(new FlowId(1), first);
        Assert.True(_announcer.HasBatch);
        Assert.False(_announcer.IsPressing);
        _announcer.Trail(new FlowId(2), second);
        Assert.True(_announcer.IsPressing);
        _announcer.Flush();
        Assert.False(_announcer.IsPressing);
        Assert.Equal([FlowEvent.Begins, FlowEvent.Ends, FlowEvent.Trails], Entries(interceptor).Select(entry => entry.Event));
    }

    [Fact]
    public void Nothing_is_told_to_a_link_that_is_full_and_later_what_is_true_then()
    {
        const int Old = 3, Flows = 5_000;
        var (interceptor, hasRoom, book) = (CreateTestProbe(), true, new LinkBook(new Address("tcp", "test", "10.0.0.148", 1)));
        AddLink(interceptor, () => hasRoom, book);
        foreach (var id in Enumerable.Range(1, Old))
            _announcer.Begin(new FlowId(id), Replica("10.1.1.1", id));
        _announcer.Flush();
        Assert.Equal(Old, Entries(interceptor).Count);

        hasRoom = false;
        _announcer.End(new FlowId(1), Replica("10.1.1.1", 1));
        // Two of a kind: one that goes on, and one that is over before there is room, twenty thousand entries in all.
        for (var id = Old + 1; id <= Old + 2 * Flows; id += 2)
        {
            _announcer.Begin(new FlowId(id), Replica("10.1.1.2", id));
            _announcer.Begin(new FlowId(id + 1), Replica("10.1.1.3", id));
            _announcer.Flush();
            _announcer.End(new FlowId(id + 1), Replica("10.1.1.3", id));
        }
        _announcer.End(new FlowId(2), Replica("10.1.1.1", 2));
        interceptor.ExpectNoMsg(TimeSpan.Zero);
        Assert.True(_announcer.HasBatch);
        Assert.True(book.FlowsHeld > Flows);

        hasRoom = true;
        _announcer.Flush();
        var told = Entries(interceptor);
        Assert.Equal(told.Count, told.Select(entry => (entry.Id, entry.Event)).Distinct().Count());
        var ended = told.Where(entry => entry.Event == FlowEvent.Ends).Select(entry => entry.Id.Value).ToHashSet();
        var live = told.Where(entry => entry.Event == FlowEvent.Begins).Select(entry => entry.Id.Value).Except(ended);
        Assert.Equal(Enumerable.Range(0, Flows).Select(number => Old + 1L + 2 * number), live.Order());
        Assert.Superset(new HashSet<long> { 1, 2 }, ended);
        // What had been gathered before it was full was told, that much is spent: not each of the others.
        Assert.InRange(told.Count, Flows, Flows + 1_500);
        Assert.False(_announcer.HasBatch);
    }

    [Fact]
    public void Of_very_many_flows_a_link_is_told_so_many_at_a_time()
    {
        const int Flows = 60_000;
        var interceptor = CreateTestProbe();
        var link = new FlowLink(interceptor, interceptor, [], []);
        _announcer.AddLink(link, Enumerable.Range(1, Flows).Select(id => (new FlowId(id), Replica($"10.1.{id >> 14}.1", id & 0x3FFF))));

        var atOnce = Entries(interceptor).Count;
        Assert.InRange(atOnce, 20_000, 24_000);
        for (var flushes = 0; _announcer.HasBatch && flushes < 10; flushes++)
            _announcer.Flush();
        Assert.Equal(Flows - atOnce, Entries(interceptor).Count);
    }

    [Fact]
    public void A_link_made_anew_ends_what_the_one_before_could_not()
    {
        var (interceptor, hasRoom) = (CreateTestProbe(), true);
        AddLink(interceptor, () => hasRoom, null);
        foreach (var id in Enumerable.Range(1, 2_000))
            _announcer.Begin(new FlowId(id), Replica("10.1.1.1", id));
        _announcer.Flush();
        Entries(interceptor);
        hasRoom = false;
        foreach (var id in Enumerable.Range(1, 2_000))
            _announcer.End(new FlowId(id), Replica("10.1.1.1", id));

        hasRoom = true;
        AddLink(interceptor, () => hasRoom, null);
        _announcer.Flush();
        Assert.Equal(2_000, Entries(interceptor).Count(entry => entry.Event == FlowEvent.Ends));
    }

    private void AddLink(TestProbe interceptor, Func<bool> hasRoom, LinkBook? book) => _announcer.AddLink(
        new FlowLink(interceptor, interceptor, [HostAddress.Parse("10.0.0.148")], []) { HasRoom = hasRoom, Book = book }, []);

    /// <summary>All that was told so far, in order.</summary>
    private static List<FlowEntry> Entries(TestProbe interceptor)
    {
        var entries = new List<FlowEntry>();
        while (interceptor.HasMessages)
        {
            var reader = new FlowBatchReader(interceptor.ExpectMsg<FlowBatch>().Entries.Span);
            while (reader.TryRead(out var entry))
                entries.Add(entry);
        }
        return entries;
    }

    // The interceptor stands for the link, too: who is told is all that counts here.
    private void Link(TestProbe interceptor, string address, params string[] clients) => _announcer.AddLink(
        new FlowLink(interceptor, interceptor, [HostAddress.Parse(address)], [.. clients.Select(Range)]), []);

    private void LinkAtTarget(TestProbe interceptor, string address) => _announcer.AddLink(
        new FlowLink(interceptor, interceptor, [HostAddress.Parse(address)], []) { HasTargets = true }, []);

    private static long Announced(TestProbe interceptor)
    {
        var reader = new FlowBatchReader(interceptor.ExpectMsg<FlowBatch>().Entries.Span);
        Assert.True(reader.TryRead(out var entry));
        Assert.False(reader.TryRead(out _));
        return entry.Id.Value;
    }

    private static FlowKey Replica(string client, int port = 40_000) =>
        new(new Endpoint(HostAddress.Parse(client), (ushort)port), new Endpoint(HostAddress.Parse("10.0.0.148"), 8080));

    private static AddressRange Range(string text)
    {
        Assert.Null(AddressRange.Parse(text, out var range));
        return range;
    }
}
