using FsCheck.Xunit;
using TcpCopy.Cli.Commands;
using TcpCopy.Contracts.Settings;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Cli.Tests;

public sealed class FlagSettingsTests
{
    [Property]
    public void Any_text_arrives_as_it_was_typed(string text)
    {
        if (text is null || text.Any(char.IsSurrogate))
            return;
        var flags = new FlagSettings();
        flags.Text("tcpcopy.capture.extra-filter", text);

        // Akka's parser drops blanks around a text, quoted or not, which means nothing to any setting.
        Assert.Equal(text.Trim(), flags.ToConfig().GetString("tcpcopy.capture.extra-filter").Trim());
    }

    [Fact]
    public void Flags_given_several_times_and_commas_make_one_list()
    {
        var flags = new FlagSettings();
        flags.List("tcpcopy.intercept.ports", ["80, 81", "82"]);
        flags.List("tcpcopy.node.seeds", null);

        var settings = SettingsReader.ReadInterceptor(NodeConfig.Layer(flags.ToConfig(), null));

        Assert.Equal([80, 81, 82], settings.Ports);
        Assert.Empty(settings.Node.Seeds);
    }

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.1", 36524)]
    [InlineData("10.0.0.1:99", "10.0.0.1", 99)]
    [InlineData("2001:db8::1", "2001:db8::1", 36524)]
    [InlineData("[2001:db8::1]", "2001:db8::1", 36524)]
    [InlineData("[2001:db8::1]:99", "2001:db8::1", 99)]
    public void A_bind_address_may_have_a_port(string given, string address, int port)
    {
        var flags = new FlagSettings();
        flags.Bind(given);

        var node = SettingsReader.ReadInterceptor(NodeConfig.Layer(flags.ToConfig(), null)).Node;

        Assert.Equal((HostAddress.Parse(address), port), (node.Address, node.Port));
    }

    [Theory]
    [InlineData("10.0.0.1:x")]
    [InlineData("[::1]:0")]
    [InlineData("10.0.0.1:")]
    public void A_bind_port_that_is_none_is_refused(string given)
    {
        var error = Assert.Throws<SettingsException>(() => new FlagSettings().Bind(given));

        Assert.StartsWith($"-b (tcpcopy.node.port) = {given}: ", FlagSettings.Describe(error), StringComparison.Ordinal);
    }

    [Fact]
    public void Errors_name_the_flag_where_there_is_one()
    {
        var error = new SettingsException([new("tcpcopy.copier.transfers", "80", "no"), new("tcpcopy.send.dscp", "99", "less")]);

        Assert.Equal("-x (tcpcopy.copier.transfers) = 80: no\ntcpcopy.send.dscp = 99: less", FlagSettings.Describe(error));
    }

    [Fact]
    public void Every_flag_sets_a_setting_that_there_is() =>
        Assert.All(FlagSettings.FlagOf.Keys, path => Assert.NotNull(NodeConfig.Reference.GetValue(path)));
}
