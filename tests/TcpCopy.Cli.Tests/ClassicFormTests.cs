using TcpCopy.Cli.Commands;
using Xunit;

namespace TcpCopy.Cli.Tests;

public sealed class ClassicFormTests
{
    private static readonly string[] Verbs = ["intercept", "copy", "demo"];

    [Theory]
    [InlineData("10.0.0.13 80 10.0.0.148 8080", "copy -x 10.0.0.13:80-10.0.0.148:8080 -s 10.0.0.148")]
    [InlineData("10.0.0.13:10.0.0.14 80 10.0.0.148 8080", "copy -x 10.0.0.13:80-10.0.0.148:8080,10.0.0.14:80-10.0.0.148:8080 -s 10.0.0.148")]
    [InlineData("10.0.0.13 80 10.0.0.148 8080 --summary f", "copy -x 10.0.0.13:80-10.0.0.148:8080 -s 10.0.0.148 --summary f")]
    [InlineData("10.0.0.13 80 10.0.0.148 8080 -s 10.0.0.9", "copy -x 10.0.0.13:80-10.0.0.148:8080 -s 10.0.0.9")]
    [InlineData("10.0.0.13 80 10.0.0.148 8080 --seeds=10.0.0.9", "copy -x 10.0.0.13:80-10.0.0.148:8080 --seeds=10.0.0.9")]
    [InlineData("10.0.0.13 80 10.0.0.148 8080 --own-ip", "copy -x 10.0.0.13:80-10.0.0.148:8080 --own-ip")]
    public void It_means_copy(string words, string meant)
    {
        Assert.True(ClassicForm.IsMeant(words.Split(' '), Verbs));
        Assert.Equal(meant, string.Join(' ', ClassicForm.Translate(words.Split(' '))));
    }

    [Theory]
    [InlineData("10.0.0.13 80 10.0.0.148", "LOCALIP[:LOCALIP2...] PORT REMOTEIP PORT")]
    [InlineData("copi -x 80-10.0.0.148:8080 -s 10.0.0.148", "'copi' is no verb (tcpcopy --help names them)")]
    [InlineData("10.0.0.13 http 10.0.0.148 8080", "'http' is not a port")]
    [InlineData("10.0.0.13: 80 10.0.0.148 8080", "'' is not an IPv4 address")]
    [InlineData("fe80::1 80 10.0.0.148 8080", "for IPv6 use copy -x")]
    public void What_does_not_fit_is_refused(string words, string reason)
    {
        var error = Assert.Throws<FormatException>(() => ClassicForm.Translate(words.Split(' ')));

        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("copy -x 1")]
    [InlineData("-h")]
    [InlineData("[suggest] x")]
    public void Verbs_and_options_are_not_it(string words) => Assert.False(ClassicForm.IsMeant(words.Split(' '), Verbs));
}
