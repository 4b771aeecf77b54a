using System.Buffers.Binary;
using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Tests.Codec;

/// <summary>What a list of TCP options says, as a value; and a second reader of such lists, written for clarity alone.</summary>
internal sealed record PlainOptions(ushort Mss, int? Scale, bool SackPermitted, (uint, uint)? Timestamps, string Sack)
{
    public static PlainOptions Of(TcpOptions options)
    {
        var blocks = Enumerable.Range(0, options.SackCount).Select(index => (options.Sack[index].Left.Value, options.Sack[index].Right.Value));
        return new(
            options.Mss,
            options.HasWindowScale ? options.WindowScale : null,
            options.SackPermitted,
            options.HasTimestamps ? (options.TimestampValue, options.TimestampEcho) : null,
            string.Join(' ', blocks));
    }

    /// <summary>The last of several options of a kind counts; one of a wrong length says nothing.</summary>
    /// <returns>Null where a length is below two or goes past the end.</returns>
    public static PlainOptions? Read(byte[] bytes, bool isSyn)
    {
        var options = new PlainOptions(0, null, false, null, "");
        for (var at = 0; at < bytes.Length && bytes[at] != 0;)
        {
            if (bytes[at] == 1)
            {
                at++;
                continue;
            }
            if (at + 1 >= bytes.Length || bytes[at + 1] < 2 || at + bytes[at + 1] > bytes.Length)
                return null;
            options = options.With(bytes[at], bytes[(at + 2)..(at + bytes[at + 1])], isSyn);
            at += bytes[at + 1];
        }
        return options;
    }

    private PlainOptions With(byte kind, byte[] value, bool isSyn) => (kind, value.Length) switch
    {
        (2, 2) when isSyn => this with { Mss = BinaryPrimitives.ReadUInt16BigEndian(value) },
        (3, 1) when isSyn => this with { Scale = Math.Min((int)value[0], 14) },
        (4, 0) when isSyn => this with { SackPermitted = true },
        (8, 8) => this with { Timestamps = (Number(value, 0), Number(value, 4)) },
        (5, _) when value.Length % 8 == 0 => this with
        {
            Sack = string.Join(' ', Enumerable.Range(0, Math.Min(value.Length / 8, TcpOptions.MaxSackBlocks))
                .Select(index => (Number(value, 8 * index), Number(value, (8 * index) + 4)))),
        },
        _ => this,
    };

    private static uint Number(byte[] value, int at) => BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan(at));
}
