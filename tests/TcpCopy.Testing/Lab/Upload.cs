using System.Security.Cryptography;
using TcpCopy.Testing.Processes;

namespace TcpCopy.Testing.Lab;

/// <summary>
/// A body of random bytes that curl uploads to the online host in one request, at 110 MB/s where the options say nothing else: the lab itself would do 400.
/// </summary>
public sealed class Upload : IDisposable
{
    private const int ChunkBytes = 1 << 20;

    private readonly ScratchDirectory _scratch;

    private Upload(ScratchDirectory scratch, TrafficRecord record) => (_scratch, Record) = (scratch, record);

    /// <summary>What a server that gets all of it records.</summary>
    public TrafficRecord Record { get; }

    /// <param name="bytes">Of the body.</param>
    public static async Task<Upload> PrepareAsync(long bytes)
    {
        var scratch = new ScratchDirectory();
        return new Upload(scratch, new TrafficRecord("/sink", bytes, await WriteAsync(scratch.At("body"), bytes), IsWhole: true));
    }

    /// <summary>Prepares one and sends it once.</summary>
    /// <returns>Its <see cref="Record"/>.</returns>
    public static async Task<TrafficRecord> SendAsync(LabNetwork lab, int port, long bytes, params string[] options)
    {
        using var upload = await PrepareAsync(bytes);
        await upload.SendAsync(lab, port, options);
        return upload.Record;
    }

    /// <param name="lab">Its client uploads to its online host.</param>
    /// <param name="port">Of the server.</param>
    /// <param name="options">For curl, such as a limit of the rate.</param>
    public async Task SendAsync(LabNetwork lab, int port, params string[] options)
    {
        string[] body = ["-sf", "-H", "Expect:", "--limit-rate", "110M", "-T", _scratch.At("body"), "-X", "POST"];
        string[] words = [.. body, .. options, $"http://{lab.Online.Address}:{port}/sink"];
        (await lab.Client.RunAsync("curl", words)).Checked();
    }

    public void Dispose() => _scratch.Dispose();

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
