using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace TcpCopy.Cli.Commands;

/// <summary>The library's help, and below it how the thing is really used.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private const string Intercept =
        """
          tcpcopy intercept                                       on the target host, for every port that copiers announce
          tcpcopy intercept -p 8080,8081 -b 10.0.0.148            two ports alone, reached under this address
          tcpcopy intercept --config config/interceptor.conf
        """;

    private const string Copy =
        """
          tcpcopy copy -x 80-10.0.0.148:8080 -s 10.0.0.148        port 80 of this host to 10.0.0.148:8080
          tcpcopy copy -x 10.0.0.13:80-10.0.0.148:8080 -i eth1 -F 'src net 10.1.0.0/16' -s 10.0.0.148
          tcpcopy copy --config config/copier.conf --summary /tmp/copied.json
          tcpcopy 10.0.0.13 80 10.0.0.148 8080                    the first TCPCopy's form: LOCALIP[:LOCALIP2...] PORT REMOTEIP PORT
        """;

    private const string Demo =
        """
          tcpcopy demo                                            both nodes and both servers on this machine, nothing of it touched
        """;

    public override bool Terminating => true;

    public override int Invoke(ParseResult parseResult)
    {
        var result = help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output.WriteLine("Examples:\n" + ExamplesOf(parseResult.CommandResult.Command.Name) + "\n");
        return result;
    }

    private static string ExamplesOf(string command) => command switch
    {
        InterceptCommand.Name => Intercept,
        CopyCommand.Name => Copy,
        TcpCopy.Cli.Demo.DemoCommand.Name => Demo,
        _ => $"{Intercept}\n{Copy}\n{Demo}",
    };
}
