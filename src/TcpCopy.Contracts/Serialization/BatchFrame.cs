using System.Runtime.InteropServices;
using System.Runtime.Serialization;
using TcpCopy.Contracts.Messages;

namespace TcpCopy.Contracts.Serialization;

/// <summary>What is wrong with the entry that begins there; null when nothing is, and then the entry is whole.</summary>
internal delegate string? EntryCheck(ReadOnlySpan<byte> left, out int size);

/// <summary>A batch on its way: one byte of layout version, then the entries as they are.</summary>
internal static class BatchFrame
{
    public const int HeadBytes = 1;

    private const byte LayoutVersion = 1;

    public static byte[] Write(ReadOnlySpan<byte> entries)
    {
        var frame = new byte[HeadBytes + entries.Length];
        Write(frame, entries);
        return frame;
    }

    public static void Write(Span<byte> frame, ReadOnlySpan<byte> entries)
    {
        frame[0] = LayoutVersion;
        entries.CopyTo(frame[HeadBytes..]);
    }

    /// <summary>The frame of these entries: the one that they lie in, where <see cref="EntriesOf"/> said so, and no copy. Nobody writes into it.</summary>
    public static byte[] Of(ReadOnlyMemory<byte> entries) =>
        MemoryMarshal.TryGetArray(entries, out var place) && place is { Array: { } frame, Offset: HeadBytes }
        && frame.Length == HeadBytes + place.Count && frame[0] == LayoutVersion
            ? frame
            : Write(entries.Span);

    /// <summary>What <see cref="Write(ReadOnlySpan{byte})"/> put into a frame.</summary>
    public static ReadOnlyMemory<byte> EntriesOf(byte[] frame) => frame.AsMemory(HeadBytes);

    /// <summary>Checks every entry; what is returned may be walked without a second look. It shares memory with <paramref name="frame"/>.</summary>
    /// <exception cref="SerializationException">As for <see cref="Check"/>.</exception>
    public static ReadOnlyMemory<byte> Read(byte[] frame, string message, EntryCheck check)
    {
        Check(frame, message, check);
        return EntriesOf(frame);
    }

    /// <summary>Checks every entry.</summary>
    /// <returns>The entries.</returns>
    /// <exception cref="SerializationException">Unknown layout, torn entry, too long, or an entry that <paramref name="check"/> refuses.</exception>
    public static ReadOnlySpan<byte> Check(ReadOnlySpan<byte> frame, string message, EntryCheck check)
    {
        var reader = new FrameReader(frame, message);
        if (reader.Byte("layout version") is not LayoutVersion and var version)
            throw reader.Malformed($"layout version {version} is not {LayoutVersion}");
        var entries = frame[HeadBytes..];
        if (entries.Length > BatchBuffer.MaxBytes)
            throw reader.Malformed($"{entries.Length} bytes of entries are more than {BatchBuffer.MaxBytes}");
        var left = entries;
        for (var number = 0; left.Length > 0; number++)
        {
            if (check(left, out var size) is { } fault)
                throw reader.Malformed($"entry {number}: {fault}");
            left = left[size..];
        }
        return entries;
    }
}
