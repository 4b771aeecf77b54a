using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace TcpCopy.TestTraffic;

/// <summary>
/// A web server of a known slowness and with known faults: each request's answer begins after a while, its body follows after as long again, and every so many
/// numbered paths (/page?i=N) are answered 404, of those every second 500.
/// </summary>
/// <param name="delay">Before an answer's header, and before its body.</param>
/// <param name="wrongEvery">0: all are answered 200.</param>
internal sealed class HttpConnection(TimeSpan delay, int wrongEvery)
{
    private const int PageBytes = 1024;

    private static readonly byte[] HeadEnd = "\r\n\r\n"u8.ToArray();

    public async Task ServeAsync(Socket connection)
    {
        connection.NoDelay = true;
        var buffer = new byte[16 * 1024];
        var filled = 0;
        int count;
        while ((count = await connection.ReceiveAsync(buffer.AsMemory(filled))) > 0)
        {
            filled += count;
            for (int end; (end = buffer.AsSpan(0, filled).IndexOf(HeadEnd)) >= 0;)
            {
                var path = Encoding.ASCII.GetString(buffer, 0, filled).Split(' ')[1];
                filled -= end + HeadEnd.Length;
                buffer.AsSpan(end + HeadEnd.Length, filled).CopyTo(buffer);
                await AnswerAsync(connection, StatusOf(path));
            }
        }
    }

    private async Task AnswerAsync(Socket connection, int status)
    {
        using var beat = new PeriodicTimer(delay > TimeSpan.Zero ? delay : Timeout.InfiniteTimeSpan);
        await PauseAsync(beat);
        await connection.SendAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status} As planned\r\nContent-Length: {PageBytes}\r\n\r\n"));
        await PauseAsync(beat);
        await connection.SendAsync(new byte[PageBytes]);
    }

    private async Task PauseAsync(PeriodicTimer beat)
    {
        if (delay > TimeSpan.Zero)
            await beat.WaitForNextTickAsync();
    }

    private int StatusOf(string path)
    {
        var mark = path.IndexOf("?i=", StringComparison.Ordinal);
        if (wrongEvery == 0 || mark < 0)
            return 200;
        var number = int.Parse(path.AsSpan(mark + 3), CultureInfo.InvariantCulture);
        return number % wrongEvery != 0 ? 200 : number / wrongEvery % 2 == 0 ? 500 : 404;
    }
}
