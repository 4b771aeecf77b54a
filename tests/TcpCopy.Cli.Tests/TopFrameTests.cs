using System.Text.Json;
using TcpCopy.Cli.Views;
using TcpCopy.Contracts.Api;
using Xunit;

namespace TcpCopy.Cli.Tests;

/// <summary>A status on its way from a node's books to what people see.</summary>
public sealed class TopFrameTests
{
    [Fact]
    public void A_status_keeps_its_figures_on_the_way_through_JSON()
    {
        var status = Statuses.Copier();
        var back = JsonSerializer.Deserialize(JsonSerializer.Serialize(status, ApiJson.Default.NodeStatus), ApiJson.Default.NodeStatus)!;

        Assert.Equal(status.StartedAt, back.StartedAt);
        Assert.Equal(status.Copier!.Requests with { LostByCause = back.Copier!.Requests.LostByCause }, back.Copier.Requests);
        Assert.Equal((12, 8, 1, 3), (back.Copier.Requests.Seen, back.Copier.Requests.Acknowledged, back.Copier.Requests.Lost, back.Copier.Requests.InFlight));
        Assert.Equal(1, back.Copier.Requests.LostByCause["target-reset"]);
        Assert.Equal(status.Copier.FirstReply["target"].P50, back.Copier.FirstReply["target"].P50);
    }

    [Fact]
    public void Rows_show_requests_that_add_up()
    {
        var rows = StatusRows.Of(Statuses.Copier()).Where(row => row.Group == "requests").ToDictionary(row => row.Name, row => row.Value);

        Assert.Equal(("12", "8", "3", "1", "1"), (
            rows["seen"], rows["acknowledged by the target"], rows["in flight"], rows["lost"], rows["lost: target-reset"]));
    }

    [Fact]
    public void Plain_text_has_no_control_characters()
    {
        using var output = new StringWriter();
        SummaryTable.PrintPlain(output, StatusRows.TitleOf("10.0.0.13", Statuses.Copier()), StatusRows.Of(Statuses.Copier()));

        Assert.DoesNotContain(output.ToString(), letter => char.IsControl(letter) && letter != '\n');
        Assert.StartsWith("copier 10.0.0.13: ready, up 7 s", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "-")]
    [InlineData(0.0000123, "12 us")]
    [InlineData(0.01234, "12.3 ms")]
    [InlineData(12.34, "12.3 s")]
    public void Times_are_short(double? seconds, string expected) => Assert.Equal(expected, TimeText.Of(seconds));
}
