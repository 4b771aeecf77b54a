using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace TcpCopy.TestTraffic;

/// <summary>As much of HTTP/1.1 as uploads need: bodies with Content-Length, 100-continue, several requests a connection.</summary>
internal sealed class UploadConnection(Socket connection)
{
    /// <summary>
    /// Asked for at once: a server that is woken for each segment costs the lab, whose hosts share this machine's cores, as much as all that is between it
    /// and the client.
    /// </summary>
    private const int ReadBytes = 64 * 1024;

    private readonly byte[] _buffer = new byte[ReadBytes];
    private int _start;
    private int _end;

    public static Task ServeAsync(Socket connection) => new UploadConnection(connection).ServeAsync();

    private async Task ServeAsync()
    {
        while (await ReadHeadAsync() is { } head)
        {
            if (Field(head, "Expect") is not null)
                await SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            var length = long.Parse(Field(head, "Content-Length") ?? "0", CultureInfo.InvariantCulture);
            var record = await ReadBodyAsync(head.Split(' ')[1], length);
            record.Print();
            if (!record.IsWhole)
                return;
            await SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {record.Sha256.Length}\r\n\r\n{record.Sha256}");
        }
    }

    // Null when the client is done.
    private async Task<string?> ReadHeadAsync()
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (_start == _end && !await FillAsync())
                return null;
            head.Append((char)_buffer[_start++]);
        }
        return head.ToString();
    }

    private async Task<Record> ReadBodyAsync(string path, long length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var bytes = 0L;
        while (bytes < length && (_start < _end || await FillAsync(length - bytes)))
        {
            var count = (int)Math.Min(_end - _start, length - bytes);
            hash.AppendData(_buffer, _start, count);
            _start += count;
            bytes += count;
        }
        return Record.Of(path, hash, bytes, bytes == length);
    }

    /// <param name="expected">Bytes that are sure to come.</param>
    private async Task<bool> FillAsync(long expected = 1)
    {
        connection.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReceiveLowWater, (int)Math.Min(expected, ReadBytes));
        _start = 0;
        _end = await connection.ReceiveAsync(_buffer);
        return _end > 0;
    }

    private async Task SendAsync(string text) => await connection.SendAsync(Encoding.ASCII.GetBytes(text));

    private static string? Field(string head, string name) =>
        head.Split("\r\n").FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
}
