using TcpCopy.Testing.Lab;
using TcpCopy.Testing.Processes;

namespace TcpCopy.Benchmarks.Lab;

/// <summary>Settings files of both nodes, and the certificates that they name.</summary>
internal sealed class NodeSettingsFiles : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly ScratchDirectory _scratch;

    private NodeSettingsFiles(ScratchDirectory scratch, string ofCopier, string ofInterceptor) =>
        (_scratch, OfCopier, OfInterceptor) = (scratch, scratch.Write("copier.conf", ofCopier), scratch.Write("interceptor.conf", ofInterceptor));

    public string OfCopier { get; }

    public string OfInterceptor { get; }

    /// <param name="settings">Of the copier.</param>
    /// <param name="isSecured">Whether the nodes talk TLS.</param>
    public static async Task<NodeSettingsFiles> MakeAsync(string settings, bool isSecured)
    {
        var scratch = new ScratchDirectory();
        if (!isSecured)
            return new NodeSettingsFiles(scratch, settings, "");
        (await RunningProcess.RunAsync(null, Bound, NodeProcess.Executable, "certs", scratch.Root, "--copier", "online", "--interceptor", "target")).Checked();
        return new NodeSettingsFiles(scratch, $"{settings}\n{Of("online")}", Of("target"));

        string Of(string node) =>
            $$"""tcpcopy.tls { ca = "{{scratch.At("ca.crt")}}", certificate = "{{scratch.At(node + ".crt")}}", key = "{{scratch.At(node + ".key")}}" }""";
    }

    public void Dispose() => _scratch.Dispose();
}
