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
          tcpcopy intercept --select clients -c 198.18.0.0/16     replicas are told by their addresses (copy -c), not by the DSCP mark
          tcpcopy intercept --placement assistant                 on another host, to which the target routes its clients
          tcpcopy intercept --config config/interceptor.conf
        """;

    private const string Copy =
        """
          tcpcopy copy -x 80-10.0.0.148:8080 -s 10.0.0.148        port 80 of this host to 10.0.0.148:8080
          tcpcopy copy -x 10.0.0.13:80-10.0.0.148:8080 -i eth1 -F 'src net 10.1.0.0/16' -s 10.0.0.148
          tcpcopy copy -x 80-10.0.0.148:8080 -s 10.0.0.148 -c 198.18.0.0/16    replicas come from these addresses
          tcpcopy copy -x 80-10.0.0.148:8080 --own-ip             replicas come from this host's own address: no interceptor
          tcpcopy copy -x 80-10.0.0.148:8080 -s 10.0.0.148 --compare           for 'tcpcopy report'
          tcpcopy copy --config config/copier.conf --summary /tmp/copied.json
          tcpcopy 10.0.0.13 80 10.0.0.148 8080                    the first TCPCopy's form: LOCALIP[:LOCALIP2...] PORT REMOTEIP PORT
        """;

    private const string Demo =
        """
          tcpcopy demo                                            both nodes and both servers on this machine, nothing of it touched
          tcpcopy demo --web                                      the same with the page, until Ctrl-C
        """;

    private const string Look =
        """
          tcpcopy top                                             watch this host's node
          tcpcopy top 10.0.0.13 10.0.0.148 --token-file token     watch two others, which listen beyond loopback
          tcpcopy status --json
          tcpcopy report                                          online host against target, for a copier with --compare
          tcpcopy report /tmp/copied.json --html report.html      the same of a run that is over, as a page
          tcpcopy web 10.0.0.13 10.0.0.148 --token-file token     all of it in a browser, at http://127.0.0.1:9637
        """;

    private const string Resume =
        """
          tcpcopy resume                                          this host's copier opens replicas again: the cause is mended
        """;

    private const string Certs =
        """
          tcpcopy certs tls --copier shop1@10.0.0.13 --copier shop2@10.0.0.14 --interceptor test@10.0.0.148
          tcpcopy certs tls --copier shop3@10.0.0.15              one more, by the same authority
        """;

    private const string Rules =
        """
          tcpcopy rules apply -p 8080                             on the target host, for an interceptor with --rules outside
          tcpcopy rules apply --of copier --config config/copier.conf
          tcpcopy rules remove                                    what was applied, and what killed nodes left
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
        StatusCommand.Name or TopCommand.Name or WebCommand.Name or ReportCommand.Name => Look,
        ResumeCommand.Name => Resume,
        CertsCommand.Name => Certs,
        RulesCommand.Name => Rules,
        _ => $"{Intercept}\n{Copy}\n{Demo}\n{Look}\n{Resume}\n{Certs}\n{Rules}",
    };
}
