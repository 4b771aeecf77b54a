using FsCheck.Xunit;
using TcpCopy.Contracts.Messages;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Contracts.Tests;

public sealed class BatchCodecTests
{
    private static readonly FlowKey SixToSix = new(
        new Endpoint(HostAddress.Parse("fe80::9"), 40000), new Endpoint(HostAddress.Parse("2001:db8::1"), 443));

    [Property]
    public void Flow_entries_come_back_in_order(long id, uint client, uint server, ushort clientPort, ushort serverPort, bool begins)
    {
        var four = new FlowKey(
            new Endpoint(HostAddress.FromV4(client), clientPort), new Endpoint(HostAddress.FromV4(server), serverPort));
        var writer = new FlowBatchWriter();
        if (begins)
            writer.Begin(new FlowId(id), four);
        else
            writer.End(new FlowId(id), four);
        writer.End(new FlowId(~id), SixToSix);

        var reader = new FlowBatchReader(writer.Take().Entries.Span);

        Assert.True(reader.TryRead(out var first));
        Assert.Equal(new FlowEntry(new FlowId(id), begins, four), first);
        Assert.True(reader.TryRead(out var second));
        Assert.Equal(new FlowEntry(new FlowId(~id), false, SixToSix), second);
        Assert.False(reader.TryRead(out _));
    }

    [Property]
    public void Reply_headers_come_back_field_by_field(long id, uint seed, ushort window, int length, byte flags, byte sackCount, bool option)
    {
        var header = Replies.Header(seed, window, length & int.MaxValue, flags, sackCount % 5, option);
        var writer = new ReplyBatchWriter();
        writer.Add(new FlowId(id), header);
        writer.Add(new FlowId(~id), default);

        var reader = new ReplyBatchReader(writer.Take().Entries.Span);

        Assert.True(reader.TryRead(out var readId, out var read));
        Assert.Equal(new FlowId(id), readId);
        Replies.AssertSame(header, read);
        Assert.True(reader.TryRead(out readId, out read));
        Assert.Equal(new FlowId(~id), readId);
        Replies.AssertSame(default, read);
        Assert.False(reader.TryRead(out _, out _));
    }

    [Fact]
    public void A_full_batch_stays_within_64_KB_and_refuses_more()
    {
        var flows = new FlowBatchWriter();
        Assert.True(flows.IsEmpty);
        var count = 0;
        for (; !flows.IsFull; count++)
            flows.Begin(new FlowId(count), SixToSix);
        Assert.Throws<InvalidOperationException>(() => flows.Begin(new FlowId(0), SixToSix));
        Assert.InRange(flows.Take().Entries.Length, 60 * 1024, 64 * 1024);
        Assert.True(flows.IsEmpty);
        Assert.InRange(count, 1000, 2000);
    }

    [Fact]
    public void Take_hands_out_a_copy_of_exact_size_that_later_entries_do_not_touch()
    {
        var writer = new ReplyBatchWriter();
        writer.Add(new FlowId(1), Replies.Header(7, 8, 9, 0x12, 4, true));
        var first = writer.Take();
        var before = first.Entries.ToArray();
        writer.Add(new FlowId(2), default);
        var second = writer.Take();

        Assert.Equal(first.Entries.Length, second.Entries.Length);
        Assert.Equal(before, first.Entries.ToArray());
        Assert.Equal(-1, second.Entries.Span[8..].IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_torn_entry_at_the_end_is_not_read()
    {
        var writer = new FlowBatchWriter();
        writer.Begin(new FlowId(1), SixToSix);
        var entries = writer.Take().Entries.Span;

        var reader = new FlowBatchReader(entries[..^1]);

        Assert.False(reader.TryRead(out _));
    }
}
