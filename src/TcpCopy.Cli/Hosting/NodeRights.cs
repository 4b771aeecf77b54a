using System.Runtime.InteropServices;
using TcpCopy.Contracts.Settings;
using TcpCopy.Packets.Privileges;

namespace TcpCopy.Cli.Hosting;

/// <summary>
/// What a node process may do. It begins with all the rights of its user and, once it knows its settings, gives up for good what it has no use for: a fault in
/// it then reaches no further than captured packets.
/// </summary>
internal static partial class NodeRights
{
    private const int FirstFreePort = 1024;

    // From unistd.h and fcntl.h.
    private const int MayRead = 4;
    private const int MayWriteInto = 2 | 1;
    private const int CurrentDirectory = -100;
    private const int ByEffectiveUser = 0x200;

    /// <summary>Without these a node cannot do its work.</summary>
    /// <param name="changesRules">Whether it makes its rules itself.</param>
    public static Capabilities Least(bool changesRules) =>
        Capabilities.RawNetwork | (changesRules ? Capabilities.NetworkAdministration : Capabilities.None);

    /// <summary>What a node keeps beyond that: it opens its ports after it has given up all other rights, and is the only one to open them again.</summary>
    public static Capabilities ForPortsOf(NodeSettings node) =>
        IsServicePort(node.Port) || IsServicePort(node.Http.Listen?.Port ?? 0) ? Capabilities.BindServicePort : Capabilities.None;

    /// <summary>
    /// Starts the program anew with what it needs, unless it has no more than that already. Of network administration only the programs that change
    /// rules make use: it is permitted to the node and not in force.
    /// </summary>
    /// <param name="node">Settings of the node.</param>
    /// <param name="changesRules">Whether it makes its rules itself.</param>
    /// <param name="configPath">File that its settings are read from; null: none.</param>
    /// <exception cref="HostException">The kernel refuses.</exception>
    public static void GiveUpAllOthers(NodeSettings node, bool changesRules, string? configPath)
    {
        if (!ThisProgram.IsWhole)
            return;
        var kept = Least(changesRules) | ForPortsOf(node);
        if (NeedsPowerOverFiles([configPath, .. FilesOf(node)], node.SummaryFile))
            kept |= Capabilities.DacOverride;
        if (Confinement.IsWider(kept))
        {
            Confinement.Narrow(kept);
            if (Confinement.IsWider(kept))
                throw new HostException("the kernel lets this process keep rights that it has given up; run it under another user than root");
            // What came through a pipe cannot be read again: then this thread alone and those that it makes are confined, not the runtime's few own ones.
            if (!IsPipe(configPath))
                ThisProgram.StartAnew();
        }
        Confinement.Lower();
    }

    /// <summary>What is read once the rights are given up.</summary>
    private static string?[] FilesOf(NodeSettings node) =>
    [
        node.Tls?.AuthorityFile, node.Tls?.CertificateFile, node.Tls?.KeyFile,
        node.Http.TokenFile, node.Http.CertificateFile, node.Http.KeyFile, node.Http.ClientAuthorityFile,
    ];

    /// <summary>True where a file that root was told to use lies in a place of another user's that shuts others out.</summary>
    private static bool NeedsPowerOverFiles(string?[] readFrom, string? writtenTo) => Confinement.Without(
        Capabilities.DacOverride | Capabilities.DacReadSearch, () => readFrom.Any(file => file is not null && !IsAllowed(file, MayRead))
            || (writtenTo is not null && !IsAllowed(Path.GetDirectoryName(Path.GetFullPath(writtenTo)) ?? "/", MayWriteInto)));

    private static bool IsServicePort(int port) => port is > 0 and < FirstFreePort;

    private static bool IsPipe(string? path) => path is not null && Path.GetFullPath(path).Split('/')[1] is "dev" or "proc";

    private static bool IsAllowed(string path, int mode) => Access(CurrentDirectory, path, mode, ByEffectiveUser) == 0;

    [LibraryImport("libc", EntryPoint = "faccessat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(int directory, string path, int mode, int flags);
}
