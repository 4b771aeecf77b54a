namespace TcpCopy.Cli.Hosting;

/// <summary>
/// Ends a node with the process that started it, also where that one is killed: standard input is a pipe whose other end only the parent has, and the kernel
/// closes it. A signal at the parent's death (prctl) would come when the thread ends that forked, which may be any of the runtime's pool.
/// </summary>
internal static class ParentWatch
{
    public static void Start() => new Thread(WaitForEnd) { IsBackground = true, Name = "parent watch" }.Start();

    private static void WaitForEnd()
    {
        using var input = Console.OpenStandardInput();
        var ignored = new byte[64];
        while (input.Read(ignored) > 0)
        {
        }
        StopSignals.Send(Environment.ProcessId);
    }
}
