using TcpCopy.Contracts.Settings;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Contracts.Tests;

public sealed class HoconSyntaxTests
{
    [Theory]
    [InlineData("")]
    [InlineData("# a comment\n// another\n")]
    [InlineData("{ a = 1 }")]
    [InlineData("{\n a : 1, b : [1, 2]\n}\n")]
    [InlineData("a.b.c = 10.0.0.1 # why\nd = \"x # y\"\n")]
    [InlineData("a { b { c = [\"1-[::1]:2\", \"3\"\n\"4\",\n] } }\r\nd = 5 ms\r\n")]
    [InlineData("a =\n  5\n")]
    [InlineData("a\n{ b = 1 }, c {}")]
    [InlineData("\"a.b\" = \"\"\"many\nlines \" here\"\"\"")]
    [InlineData("a = \"\\\"quoted\\\\ \\u0041\"")]
    [InlineData("a = x/y, b = -5, c = yes")]
    public void Well_formed(string text) => Assert.Null(HoconSyntax.FirstFault(text));

    [Theory]
    [InlineData("a = 1\nb {\n c = 2\n", 2, "'{' opened here is never closed")]
    [InlineData("a = [1,\n2", 1, "'[' opened here is never closed")]
    [InlineData("a = 1\n}\n", 2, "'}' without its '{'")]
    [InlineData("a { b = 1 }}", 1, "'}' without its '{'")]
    [InlineData("a = [1 }", 1, "'}'")]
    [InlineData("a = \"open\nb = 1", 1, "quote opened here is not closed")]
    [InlineData("a = \"\"\"open\nb = 1", 1, "never closed")]
    [InlineData("a = \"\\q\"", 1, "unknown escape '\\q'")]
    [InlineData("a = 1\n\nb 2\n", 3, "'=' and a value are missing after 'b 2'")]
    [InlineData("a =\n", 1, "a value is missing after 'a ='")]
    [InlineData("a = }", 1, "a value is missing")]
    [InlineData("a = [1,,2]", 1, "a value is missing")]
    [InlineData("= 5", 1, "a name is missing before '='")]
    [InlineData("a : : b", 1, "a value is missing")]
    [InlineData("x = 1\na = 10.0.0.1:80\n", 2, "':' in the value '10.0.0.1:80': put the value in quotes")]
    [InlineData("a = 5 b = 6", 1, "'=' in the value")]
    [InlineData("a = \"x\" y", 1, "'y' after a value")]
    [InlineData("a = {b = 1} {c = 2}", 1, "'{' after a value")]
    [InlineData("a = 1\na = ${b}", 2, "substitutions")]
    [InlineData("include \"other.conf\"", 1, "include is not supported")]
    [InlineData("{ a = 1 } b = 2", 1, "after the end")]
    [InlineData("a += 1", 1, "")]
    public void Malformed(string text, int line, string reason)
    {
        var fault = HoconSyntax.FirstFault(text);

        Assert.NotNull(fault);
        Assert.Contains(reason, fault.Value.Reason, StringComparison.Ordinal);
        Assert.Equal(line, fault.Value.Line);
    }

    [Fact]
    public void A_file_that_is_missing_or_broken_is_named_with_line_and_reason()
    {
        using var scratch = new ScratchDirectory();
        var path = scratch.Write("broken.conf", "tcpcopy {\n  send { dscp = 1\n}\n");
        var broken = Assert.Throws<SettingsException>(() => ConfigFile.Load(path));
        Assert.Equal($"{path} line 1: the '{{' opened here is never closed", broken.Message);

        var missing = Assert.Throws<SettingsException>(() => ConfigFile.Load(scratch.At("none.conf")));
        Assert.Contains("there is no such file", missing.Message, StringComparison.Ordinal);
        Assert.Throws<SettingsException>(() => ConfigFile.Load(scratch.Root));
    }
}
