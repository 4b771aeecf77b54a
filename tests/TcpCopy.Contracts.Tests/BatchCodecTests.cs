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

    [Fact]
    public void A_body_right_behind_its_header_shares_the_entry()
    {
        var writer = new ReplyBatchWriter();
        var entry = writer.Add(new FlowId(1), Answer(100, 230, TcpFlags.Psh, time: 10));
        writer.Add(new FlowId(2), Answer(100, 230));

        Assert.True(writer.TryJoin(entry, Answer(330, 1_024, TcpFlags.Fin, time: 11)));

        var reader = new ReplyBatchReader(writer.Take().Entries.Span);
        Assert.True(reader.TryRead(out _, out var read));
        // The push mark of the header says nothing of the body.
        Replies.AssertSame(Answer(100, 1_254, TcpFlags.Fin, time: 11), read);
        Assert.True(reader.TryRead(out var other, out read));
        Assert.Equal((new FlowId(2), 230), (other, read.PayloadLength));
        Assert.False(reader.TryRead(out _, out _));
    }

    [Fact]
    public void What_says_something_new_has_an_entry_of_its_own()
    {
        var writer = new ReplyBatchWriter();
        var entry = writer.Add(new FlowId(1), Answer(100, 230));

        Assert.False(writer.TryJoin(entry, Answer(331, 10)), "a hole");
        Assert.False(writer.TryJoin(entry, Answer(100, 230)), "the same again");
        Assert.False(writer.TryJoin(entry, Answer(330, 0)), "a bare ACK, which may be a duplicate one");
        Assert.False(writer.TryJoin(entry, Answer(330, 10, TcpFlags.Rst)), "a reset");
        Assert.False(writer.TryJoin(entry, Answer(330, 10) with { Acknowledgement = new(8) }), "another acknowledgement");
        Assert.False(writer.TryJoin(entry, Answer(330, 65_500)), "too much");
        var echo = Answer(330, 10);
        echo.Options.TimestampEcho++;
        Assert.False(writer.TryJoin(entry, echo), "another round trip");
        var sack = Answer(330, 10);
        sack.Options.SackCount = 1;
        Assert.False(writer.TryJoin(entry, sack), "news of a hole");
        Assert.False(writer.TryJoin(0, Answer(330, 10)), "no entry");
        writer.Take();
        Assert.False(writer.TryJoin(entry, Answer(330, 10)), "an entry that has gone");
        var ended = writer.Add(new FlowId(1), Answer(330, 10, TcpFlags.Fin));
        Assert.True(ended > entry);
        Assert.False(writer.TryJoin(ended, Answer(340, 10)), "behind an end");
    }

    private static ReplyHeader Answer(uint sequence, int length, TcpFlags flags = TcpFlags.None, uint time = 10) => new()
    {
        Sequence = new(sequence),
        Acknowledgement = new(7),
        Flags = TcpFlags.Ack | flags,
        Window = 500,
        PayloadLength = length,
        Options = new TcpOptions { HasTimestamps = true, TimestampValue = time, TimestampEcho = 5 },
    };
}
