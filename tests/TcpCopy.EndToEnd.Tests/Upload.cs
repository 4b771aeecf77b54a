using System.Security.Cryptography;
using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>
/// A body of random bytes that curl uploads to the online host in one request, at 60 MB/s: the lab itself would do 400, faster than a real wire.
/// </summary>
internal static class Upload
{
    private const int ChunkBytes = 1 << 20;

    /// <returns>What a server that gets all of it records.</returns>
    public static async Task<TrafficRecord> SendAsync(LabNetwork lab, int port, long bytes, params string[] options)
    {
        using var scratch = new ScratchDirectory();
        var digest = await WriteAsync(scratch.At("body"), bytes);
        string[] body = ["-sf", "-H", "Expect:", "--limit-rate", "60M", "-T", scratch.At("body"), "-X", "POST"];
        string[] words = [.. body, .. options, $"http://{lab.Online.Address}:{port}/sink"];
        (await lab.Client.RunAsync("curl", words)).Checked();
        return new TrafficRecord("/sink", bytes, digest, IsWhole: true);
    }

    private static async Task<string> WriteAsync(string path, long bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = File.Create(path);
        var (random, chunk) = (new Random(unchecked((int)bytes)), new byte[ChunkBytes]);
        for (var left = bytes; left > 0; left -= ChunkBytes)
        {
            random.NextBytes(chunk);
            var part = chunk.AsMemory(0, (int)Math.Min(left, ChunkBytes));
            hash.AppendData(part.Span);
            await file.WriteAsync(part);
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
