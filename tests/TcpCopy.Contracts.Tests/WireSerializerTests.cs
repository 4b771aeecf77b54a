using System.Runtime.Serialization;
using FsCheck.Xunit;
using TcpCopy.Contracts.Messages;
using TcpCopy.Contracts.Serialization;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Contracts.Tests;

public sealed class WireSerializerTests
{
    private static readonly string[] Manifests = ["hello", "welcome", "refused", "goodbye", "flows", "replies"];

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
        var sent = new Welcome(ProtocolVersion.Current, features, ports, [.. addresses.Select(HostAddress.FromV4), HostAddress.Parse("::1")]);

        var back = Assert.IsType<Welcome>(Again(sent));

        Assert.Equal(sent.Version, back.Version);
        Assert.Equal(sent.Features, back.Features);
        Assert.Equal(sent.Ports, back.Ports);
        Assert.Equal(sent.Addresses, back.Addresses);
    }

    [Fact]
    public void A_refusal_and_a_goodbye_come_back()
    {
        Assert.Equal(new Refused("port 80 is not served: −p 80"), Again(new Refused("port 80 is not served: −p 80")));
        Assert.Same(Goodbye.Instance, Again(new Goodbye()));
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
    [InlineData("hello", "00000001FFFF", "features claims 65535 items, 0 bytes are left")]
    [InlineData("hello", "000000010001" + "0002C328" + "0000", "feature is not UTF-8")]
    [InlineData("hello", "00000001" + "0000" + "0000" + "00", "1 bytes follow its last field")]
    [InlineData("welcome", "00000001" + "0000" + "0002" + "0050", "ports claims 2 items, 2 bytes are left")]
    [InlineData("refused", "0005" + "41", "reason needs 5 bytes, 1 are left")]
    [InlineData("goodbye", "00", "1 bytes follow")]
    [InlineData("flows", "", "layout version needs 1 bytes")]
    [InlineData("flows", "02", "layout version 2 is not 1")]
    [InlineData("replies", "0100", "no whole number of entries")]
    [InlineData("farewell", "", "'farewell' is no message")]
    public void A_malformed_frame_is_refused_with_what_was_wrong(string manifest, string hex, string reason)
    {
        var error = Assert.Throws<SerializationException>(() => _serializer.FromBinary(Convert.FromHexString(hex), manifest));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(24, 8, "entry 0: option bits 0x08")]
    [InlineData(27, 15, "entry 0: window scale 15")]
    [InlineData(28, 5, "entry 0: 5 SACK blocks")]
    [InlineData(17, 0x80, "entry 0: payload length")]
    public void A_reply_entry_out_of_range_is_refused(int position, byte value, string reason)
    {
        var replies = new ReplyBatchWriter();
        replies.Add(new FlowId(1), default);
        var bytes = _serializer.ToBinary(replies.Take());
        bytes[position] = value;

        var error = Assert.Throws<SerializationException>(() => _serializer.FromBinary(bytes, "replies"));

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

    private static bool IsText(string? text) => text is not null && !text.Any(char.IsSurrogate);
}
