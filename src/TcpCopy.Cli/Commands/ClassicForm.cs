using TcpCopy.Core.Traffic;

namespace TcpCopy.Cli.Commands;

/// <summary>
/// The first TCPCopy's command line: <c>LOCALIP[:LOCALIP2...] PORT REMOTEIP PORT</c>, options behind. It means <c>copy</c> of that port of each local
/// address, with the interceptor on the remote one.
/// </summary>
internal static class ClassicForm
{
    public const string Form = "LOCALIP[:LOCALIP2...] PORT REMOTEIP PORT";

    private const int Words = 4;

    /// <summary>True when the words are neither a verb nor an option, so that nothing but this form can be meant.</summary>
    public static bool IsMeant(IReadOnlyList<string> words, IEnumerable<string> verbs) =>
        words.Count > 0 && words[0].Length > 0 && words[0][0] is not '-' and not '[' && !verbs.Contains(words[0]);

    /// <summary>The same said with <c>copy</c> and its options.</summary>
    /// <exception cref="FormatException">Says which word is wrong and what is expected.</exception>
    public static string[] Translate(IReadOnlyList<string> words)
    {
        var options = words.Skip(Words).ToArray();
        if (words.Count < Words || words.Take(Words).Any(word => word.StartsWith('-')))
        {
            throw new FormatException(
                $"'{words[0]}' is no verb (tcpcopy --help names them), and the form without one is: tcpcopy {Form} [options]");
        }
        var transfers = string.Join(',', words[0].Split(':').Select(local => $"{local}:{words[1]}-{words[2]}:{words[3]}"));
        try
        {
            TransferParser.Parse(transfers);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{e.Message}; the form without a verb is: tcpcopy {Form} (IPv4; for IPv6 use copy -x)", e);
        }
        string[] seeds = options.Any(NamesInterceptors) ? [] : ["-s", words[2]];
        return ["copy", "-x", transfers, .. seeds, .. options];
    }

    /// <summary>With --own-ip there is none.</summary>
    private static bool NamesInterceptors(string option) => option.Split('=')[0] is "-s" or "--seeds" or "--own-ip";
}
