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
        writer.Trail(new FlowId(~id), SixToSix);

        var reader = new FlowBatchReader(writer.Take().Entries.Span);

        Assert.True(reader.TryRead(out var first));
        Assert.Equal(new FlowEntry(new FlowId(id), begins ? FlowEvent.Begins : FlowEvent.Ends, four), first);
        Assert.True(reader.TryRead(out var second));
        Assert.Equal(new FlowEntry(new FlowId(~id), FlowEvent.Trails, SixToSix), second);
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
    public void A_full_batch_of_the_largest_replies_stays_within_64_KB_and_refuses_more()
    {
        var writer = new ReplyBatchWriter();
        var header = Replies.Header(7, 8, 9, 0x12, 4, true);
        while (!writer.IsFull)
            writer.Add(new FlowId(1), header);

        Assert.Throws<InvalidOperationException>(() => writer.Add(new FlowId(1), default));
        Assert.InRange(writer.Take().Entries.Length, 60 * 1024, 64 * 1024);
        Assert.True(writer.IsEmpty);
    }

    [Fact]
    public void A_reply_takes_the_room_of_the_options_that_it_has()
    {
        Assert.Equal(24, SizeOf(default));
        Assert.Equal(32, SizeOf(new TcpOptions { HasTimestamps = true }));
        Assert.Equal(27, SizeOf(new TcpOptions { Mss = 1_460, HasWindowScale = true, SackPermitted = true }));
        Assert.Equal(48, SizeOf(new TcpOptions { HasTimestamps = true, SackCount = 2 }));
        Assert.Equal(67, SizeOf(new TcpOptions { HasTimestamps = true, Mss = 1, HasWindowScale = true, SackCount = 4 }));

        static int SizeOf(TcpOptions options)
        {
            var writer = new ReplyBatchWriter();
            writer.Add(new FlowId(1), new ReplyHeader { Options = options });
            return writer.Take().Entries.Length;
        }
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

        Assert.Equal(before, first.Entries.ToArray());
        Assert.Equal(24, second.Entries.Length);
        Assert.Equal(-1, second.Entries.Span[8..].IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void A_released_batch_is_not_read_any_more()
    {
        var writer = new ReplyBatchWriter();
        writer.Add(new FlowId(1), default);
        var batch = writer.Take();
        batch.Release();

        Assert.Throws<ObjectDisposedException>(() => batch.Entries);
        batch.Release();
        writer.Add(new FlowId(2), default);
        var (next, other) = (writer.Take(), new ReplyBatch(new byte[24]));
        // Given back twice, the bytes would be these two's.
        Assert.Equal(2, next.Entries.Span[7]);
        Assert.Equal(0, other.Entries.Span[7]);
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
    public void A_torn_reply_at_the_end_is_not_read_wherever_it_is_torn()
    {
        var writer = new ReplyBatchWriter();
        writer.Add(new FlowId(1), Replies.Header(7, 8, 9, 0x12, 4, true));
        var entries = writer.Take().Entries;

        for (var length = 0; length < entries.Length; length++)
        {
            var reader = new ReplyBatchReader(entries.Span[..length]);
            Assert.False(reader.TryRead(out _, out _), $"{length} bytes");
        }
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

    [Fact]
    public void A_trace_says_how_long_ago_a_reply_came_when_its_batch_leaves()
    {
        var clock = Instant.FromMicroseconds(uint.MaxValue + 500L);
        var writer = new ReplyBatchWriter { TraceClock = () => clock };
        var entry = writer.Add(new FlowId(1), Traced(Answer(100, 230), before: 8_000, status: 200));
        writer.Add(new FlowId(2), Replies.Header(7, 8, 9, 0x12, 4, true));
        Assert.True(writer.TryJoin(entry, Traced(Answer(330, 10), before: 300)));
        Assert.False(writer.TryJoin(entry, Traced(Answer(340, 10), before: 300, status: 404)), "another answer begins");

        var batch = writer.Take();
        var reader = new ReplyBatchReader(batch.Entries.Span);
        Assert.True(reader.TryRead(out _, out var read));
        Assert.Equal((TimeSpan.FromMilliseconds(8), TimeSpan.FromMilliseconds(0.3), 200), (read.Trace.FirstAge, read.Trace.LastAge, read.Trace.Status));
        Assert.Equal((240, 10u), (read.PayloadLength, read.Options.TimestampValue));
        Assert.True(reader.TryRead(out var other, out read));
        Assert.Equal(new FlowId(2), other);
        Replies.AssertSame(Replies.Header(7, 8, 9, 0x12, 4, true), read);
        Assert.False(reader.TryRead(out _, out _));

        ReplyHeader Traced(ReplyHeader header, int before, ushort status = 0)
        {
            var stamp = ReplyTrace.Stamp(clock - TimeSpan.FromMicroseconds(before));
            return header with { Trace = new ReplyTrace { First = stamp, Last = stamp, Status = status } };
        }
    }

    [Fact]
    public void Without_a_clock_entries_have_no_trace_and_no_room_for_one()
    {
        var writer = new ReplyBatchWriter();
        writer.Add(new FlowId(1), Answer(100, 230) with { Trace = new ReplyTrace { First = 1, Last = 2, Status = 200 } });

        var batch = writer.Take();
        Assert.Equal(32, batch.Entries.Length);
        var reader = new ReplyBatchReader(batch.Entries.Span);
        Assert.True(reader.TryRead(out _, out var read));
        Assert.Equal(default, (read.Trace.First, read.Trace.Last, read.Trace.Status));
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
