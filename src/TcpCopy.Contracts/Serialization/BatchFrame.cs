using System.Runtime.Serialization;
using TcpCopy.Contracts.Messages;

namespace TcpCopy.Contracts.Serialization;

/// <summary>What is wrong with one entry; null when nothing is.</summary>
internal delegate string? EntryCheck(ReadOnlySpan<byte> entry);

/// <summary>A batch on its way: one byte of layout version, then the entries as they are.</summary>
internal static class BatchFrame
{
    private const byte LayoutVersion = 1;

    public static byte[] Write(ReadOnlySpan<byte> entries)
    {
        var frame = new byte[1 + entries.Length];
        frame[0] = LayoutVersion;
        entries.CopyTo(frame.AsSpan(1));
        return frame;
    }

    /// <summary>Checks every entry; what is returned may be walked without a second look. It shares memory with <paramref name="frame"/>.</summary>
    /// <exception cref="SerializationException">Unknown layout, torn entry, too long, or an entry that <paramref name="check"/> refuses.</exception>
    public static ReadOnlyMemory<byte> Read(byte[] frame, string message, int entrySize, EntryCheck check)
    {
        var reader = new FrameReader(frame, message);
        if (reader.Byte("layout version") is not LayoutVersion and var version)
            throw reader.Malformed($"layout version {version} is not {LayoutVersion}");
        var entries = frame.AsMemory(1);
        if (entries.Length > BatchBuffer.MaxBytes)
            throw reader.Malformed($"{entries.Length} bytes of entries are more than {BatchBuffer.MaxBytes}");
        if (entries.Length % entrySize != 0)
            throw reader.Malformed($"{entries.Length} bytes are no whole number of entries of {entrySize} bytes");
        for (var offset = 0; offset < entries.Length; offset += entrySize)
        {
            if (check(entries.Span.Slice(offset, entrySize)) is { } fault)
                throw reader.Malformed($"entry {offset / entrySize}: {fault}");
        }
        return entries;
    }
}
