using System.CommandLine;
using System.Net;
using TcpCopy.Cli.Hosting;
using TcpCopy.Node.Hosting;
using TcpCopy.Node.Security;

namespace TcpCopy.Cli.Commands;

/// <summary><c>tcpcopy certs</c>: an authority of the cluster's own, and certificates for its nodes.</summary>
internal static class CertsCommand
{
    public const string Name = "certs";

    private const int MostDays = 36_500;

    private static readonly Argument<string> Place = new("directory")
    {
        Description = "Where the files go; where an authority lies there already, it is used",
        HelpName = "DIRECTORY",
    };

    private static readonly Option<string[]> Copiers = new("--copier")
    {
        Description = "A copier's node; several allowed. With addresses it is believed to be at these alone",
        HelpName = "NAME[@ADDRESS,...]",
    };

    private static readonly Option<string[]> Interceptors = new("--interceptor")
    {
        Description = "An interceptor's node, likewise. A name that is given as both is a certificate for both",
        HelpName = "NAME[@ADDRESS,...]",
    };

    private static readonly Option<int> Days = MakeDays("--days", "How long the nodes' certificates are valid, in days", 825);

    private static readonly Option<int> AuthorityDays = MakeDays("--ca-days", "How long that of a new authority is valid, in days", 3650);

    public static Command Build()
    {
        var command = new Command(Name, "Make the certificates of a cluster: an authority of its own, once, and files for each node.")
        {
            Place, Copiers, Interceptors, Days, AuthorityDays,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult words)
    {
        try
        {
            var nodes = ReadNodes(words);
            var files = new CertificateFiles(Path.GetFullPath(words.GetValue(Place)!));
            var validity = TimeSpan.FromDays(words.GetValue(Days));
            var written = files.Issue(nodes, DateTimeOffset.Now, validity, TimeSpan.FromDays(words.GetValue(AuthorityDays)));
            foreach (var path in written)
                Console.Out.WriteLine(path);
            return ExitCode.Clean;
        }
        catch (CertificateException e)
        {
            NodeRun.Complain(e.Message);
            return ExitCode.BadInput;
        }
    }

    private static List<NodeIdentity> ReadNodes(ParseResult words)
    {
        var nodes = new List<NodeIdentity>();
        foreach (var text in words.GetValue(Copiers) ?? [])
            AddNode(nodes, text, NodeSystem.CopierRole);
        foreach (var text in words.GetValue(Interceptors) ?? [])
            AddNode(nodes, text, NodeSystem.InterceptorRole);
        return nodes.Count > 0
            ? nodes
            : throw new CertificateException("say for which nodes: --copier NAME[@ADDRESS,...], --interceptor NAME[@ADDRESS,...], each as often as needed");
    }

    private static void AddNode(List<NodeIdentity> nodes, string text, string role)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var name = at < 0 ? text : text[..at];
        if (name.Length == 0 || name is "." or ".." or CertificateFiles.AuthorityName || !name.All(IsNameLetter))
        {
            throw new CertificateException(
                $"--{role} {text}: '{name}' is no name for a node: give letters, digits, '-', '_' or '.', but not '{CertificateFiles.AuthorityName}'");
        }
        var addresses = at < 0 ? [] : text[(at + 1)..].Split(',').Select(part => ReadAddress(part, text, role)).ToList();
        var index = nodes.FindIndex(node => node.Name == name);
        if (index < 0)
            nodes.Add(new NodeIdentity(name, [role], addresses));
        else
            nodes[index] = new NodeIdentity(name, [.. nodes[index].Roles.Union([role])], [.. nodes[index].Addresses.Union(addresses)]);
    }

    private static IPAddress ReadAddress(string part, string text, string role) =>
        Core.Wire.HostAddress.TryParse(part, out var address)
            ? IPAddress.Parse($"{address}")
            : throw new CertificateException($"--{role} {text}: '{part}' is not an IPv4 or IPv6 address");

    private static bool IsNameLetter(char letter) => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.';

    private static Option<int> MakeDays(string name, string description, int days)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "DAYS", DefaultValueFactory = _ => days };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && (!int.TryParse(result.Tokens[0].Value, out var given) || given is < 1 or > MostDays))
                result.AddError($"{name} {result.Tokens[0].Value}: give a number of days from 1 to {MostDays}");
        });
        return option;
    }
}
