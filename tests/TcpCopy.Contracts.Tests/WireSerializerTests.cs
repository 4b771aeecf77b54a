using System.Runtime.Serialization;
using FsCheck.Xunit;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Serialization;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Contracts.Tests;

public sealed class WireSerializerTests
{
    private static readonly string[] Manifests = ["hello", "welcome", "refused", "goodbye", "flows", "replies", "reset"];

    // The serializer needs no system: it looks nothing up.
    private readonly WireSerializer _serializer = new(null!);

    [Property]
    public void A_hello_comes_back(string[] features, uint address, ushort port)
    {
        features = [.. features.Where(IsText)];
        var sent = new Hello(ProtocolVersion.Current, features, [new Endpoint(HostAddress.FromV4(address), port)]);

        var back = Assert.IsType<Hello>(Again(sent));

        Assert.Equal(sent.Version, back.Version);
        Assert.Equal(sent.Features, back.Features);
        Assert.Equal(sent.Targets, back.Targets);
    }

    [Property]
    public void A_welcome_comes_back(string[] features, ushort[] ports, uint[] addresses)
    {
        features = [.. features.Where(IsText)];
        var sent = new Welcome(ProtocolVersion.Current, features, ports, [.. addresses.Select(HostAddress.FromV4), HostAddress.Parse("::1")])
        {
            Clients = [.. addresses.Select(address => AddressRange.Of(HostAddress.FromV4(address))), Range("198.18.0.0/15"), Range("fd00::/8")],
        };

        var back = Assert.IsType<Welcome>(Again(sent));

        Assert.Equal(sent.Version, back.Version);
        Assert.Equal(sent.Features, back.Features);
        Assert.Equal(sent.Ports, back.Ports);
        Assert.Equal(sent.Addresses, back.Addresses);
        Assert.Equal(sent.Clients, back.Clients);
    }

    [Fact]
    public void A_client_range_that_is_none_is_refused()
    {
        var bytes = _serializer.ToBinary(new Welcome(ProtocolVersion.Current, [], [], []) { Clients = [Range("10.0.0.0/8")] });
        bytes[^1] = 4;

        Assert.Contains(
            "a client range begins at 10.0.0.0 and has 4 bits in common",
            Assert.Throws<SerializationException>(() => _serializer.FromBinary(bytes, "welcome")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_and_a_goodbye_come_back()
    {
        Assert.Equal(new Refused("port 80 is not served: −p 80"), Again(new Refused("port 80 is not served: −p 80")));
        Assert.Same(Goodbye.Instance, Again(new Goodbye()));
        Assert.Equal(new ReplicaReset(new FlowId(-5)), Again(new ReplicaReset(new FlowId(-5))));
    }

    [Fact]
    public void Of_another_versions_greeting_the_version_is_read_and_nothing_else()
    {
        var hello = _serializer.ToBinary(new Hello(9, ["x"], []));
        byte[] longer = [.. hello, 1, 2, 3];

        Assert.Equal(9, Assert.IsType<Hello>(_serializer.FromBinary(longer, "hello")).Version);
        Assert.Equal(9, Assert.IsType<Welcome>(_serializer.FromBinary(longer, "welcome")).Version);
    }

    [Fact]
    public void Batches_come_back()
    {
        var flows = new FlowBatchWriter();
        flows.Begin(new FlowId(5), default);
        flows.End(new FlowId(5), default);
        var flowBatch = flows.Take();
        var replies = new ReplyBatchWriter();
        replies.Add(new FlowId(6), Replies.Header(1, 2, 3, 4, 3, true));
        var replyBatch = replies.Take();

        Assert.Equal(flowBatch.Entries.ToArray(), Assert.IsType<FlowBatch>(Again(flowBatch)).Entries.ToArray());
        Assert.Equal(replyBatch.Entries.ToArray(), Assert.IsType<ReplyBatch>(Again(replyBatch)).Entries.ToArray());
    }

    [Property(MaxTest = 2000)]
    public void Random_bytes_are_read_or_refused_and_never_crash(byte[] bytes, byte manifest)
    {
        Refuses(bytes, Manifests[manifest % Manifests.Length]);
        // With the right version in front the rest is looked at, too.
        Refuses([0, 0, 0, ProtocolVersion.Current, .. bytes], Manifests[manifest % 2]);
    }

    [Property(MaxTest = 1000)]
    public void Mutated_batches_are_read_or_refused_and_never_crash(uint seed, int cut, int at, byte value, bool ofReplies)
    {
        var flows = new FlowBatchWriter();
        flows.Begin(new FlowId(seed), default);
        var replies = new ReplyBatchWriter();
        replies.Add(new FlowId(seed), Replies.Header(seed, 1, 1, 1, 4, true));
        var bytes = ofReplies ? _serializer.ToBinary(replies.Take()) : _serializer.ToBinary(flows.Take());
        bytes[(int)((uint)at % bytes.Length)] = value;

        Refuses(bytes, ofReplies ? "replies" : "flows");
        Refuses(bytes[..(int)((uint)cut % bytes.Length)], ofReplies ? "replies" : "flows");
    }

    [Theory]
    [InlineData("hello", "0000", "version needs 4 bytes, 2 are left")]
    [InlineData("hello", "00000004FFFF", "features claims 65535 items, 0 bytes are left")]
    [InlineData("hello", "000000040001" + "0002C328" + "0000", "feature is not UTF-8")]
    [InlineData("hello", "00000004" + "0000" + "0000" + "00", "1 bytes follow its last field")]
    [InlineData("welcome", "00000004" + "0000" + "0002" + "0050", "ports claims 2 items, 2 bytes are left")]
    [InlineData("refused", "0005" + "41", "reason needs 5 bytes, 1 are left")]
    [InlineData("goodbye", "00", "1 bytes follow")]
    [InlineData("flows", "", "layout version needs 1 bytes")]
    [InlineData("flows", "02", "layout version 2 is not 1")]
    [InlineData("flows", "0100", "entry 0: it needs 45 bytes, 1 are left")]
    [InlineData("replies", "0100", "entry 0: it needs 24 bytes, 1 are left")]
    [InlineData("farewell", "", "'farewell' is no message")]
    public void A_malformed_frame_is_refused_with_what_was_wrong(string manifest, string hex, string reason)
    {
        var error = Assert.Throws<SerializationException>(() => _serializer.FromBinary(Convert.FromHexString(hex), manifest));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(24, 0x50, "entry 0: it needs 64 bytes, 27 are left")]
    [InlineData(24, 0x04, "entry 0: it needs 32 bytes, 27 are left")]
    [InlineData(24, 0x00, "entry 1: it needs 24 bytes, 3 are left")]
    [InlineData(27, 15, "entry 0: window scale 15")]
    [InlineData(17, 0x80, "entry 0: payload length")]
    public void A_reply_entry_out_of_range_is_refused(int position, byte value, string reason)
    {
        var replies = new ReplyBatchWriter();
        replies.Add(new FlowId(1), new ReplyHeader { Options = new TcpOptions { Mss = 1_460, HasWindowScale = true } });
        var bytes = _serializer.ToBinary(replies.Take());
        bytes[position] = value;

        AssertRefused(bytes, reason);
    }

    [Fact]
    public void A_reply_entry_with_more_SACK_blocks_than_a_header_holds_is_refused()
    {
        var entry = new byte[24 + 5 * 8];
        entry[23] = 0x50;

        AssertRefused([1, .. entry], "entry 0: 5 SACK blocks, at most 4 fit");
    }

    private void AssertRefused(byte[] replies, string reason)
    {
        var error = Assert.Throws<SerializationException>(() => _serializer.FromBinary(replies, "replies"));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        // The same by the short way.
        error = Assert.Throws<SerializationException>(() => ReplyFrame.Read([0, 0, .. replies], out _));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_comes_back_from_a_frame_with_its_recipient()
    {
        var replies = new ReplyBatchWriter();
        replies.Add(new FlowId(6), Replies.Header(1, 2, 3, 4, 3, true));
        var batch = replies.Take();
        var frame = new byte[ReplyFrame.SizeOf("a/b"u8, batch)];
        ReplyFrame.Write(frame, "a/b"u8, batch);

        var back = ReplyFrame.Read(frame, out var recipient);

        Assert.Equal("a/b"u8.ToArray(), recipient.ToArray());
        Assert.Equal(batch.Entries.ToArray(), back.Entries.ToArray());
    }

    [Theory]
    [InlineData("00", "recipient needs 2 bytes, 1 are left")]
    [InlineData("FFFF41", "recipient needs 65535 bytes, 1 are left")]
    [InlineData("000141", "layout version needs 1 bytes, 0 are left")]
    [InlineData("00014102", "layout version 2 is not 1")]
    public void A_malformed_frame_of_replies_is_refused_with_what_was_wrong(string hex, string reason)
    {
        var error = Assert.Throws<SerializationException>(() => ReplyFrame.Read(Convert.FromHexString(hex), out _));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_batch_above_64_KB_is_refused()
    {
        var error = Assert.Throws<SerializationException>(() => _serializer.FromBinary([1, .. new byte[45 * 1457]], "flows"));

        Assert.Contains("more than 65536", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stranger_type_and_a_text_too_long_are_refused_by_the_writer()
    {
        Assert.Throws<SerializationException>(() => _serializer.ToBinary("text"));
        Assert.Throws<SerializationException>(() => _serializer.Manifest(new object()));
        Assert.Throws<SerializationException>(() => _serializer.ToBinary(new Refused(new string('x', 70_000))));
    }

    private object Again(object message) => _serializer.FromBinary(_serializer.ToBinary(message), _serializer.Manifest(message));

    private void Refuses(byte[] bytes, string manifest)
    {
        try
        {
            Assert.IsAssignableFrom<IWireMessage>(_serializer.FromBinary(bytes, manifest));
        }
        catch (SerializationException e)
        {
            Assert.NotEmpty(e.Message);
        }
    }

    private static AddressRange Range(string text)
    {
        Assert.Null(AddressRange.Parse(text, out var range));
        return range;
    }

    private static bool IsText(string? text) => text is not null && !text.Any(char.IsSurrogate);
}
