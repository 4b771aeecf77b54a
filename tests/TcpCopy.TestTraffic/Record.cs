using System.Security.Cryptography;
using System.Text.Json;

namespace TcpCopy.TestTraffic;

/// <summary>What a connection or an upload carried, printed as one JSON line.</summary>
/// <param name="What">"connection", "upload", or what was asked for.</param>
/// <param name="Bytes">Payload bytes received.</param>
/// <param name="Sha256">Of these bytes, in order.</param>
/// <param name="IsWhole">Whether it came to its proper end.</param>
internal sealed record Record(string What, long Bytes, string Sha256, bool IsWhole)
{
    public static Record Of(string what, IncrementalHash hash, long bytes, bool isWhole) =>
        new(what, bytes, Convert.ToHexString(hash.GetHashAndReset()), isWhole);

    public void Print() => Console.WriteLine(JsonSerializer.Serialize(this));
}
