using TcpCopy.Cli.Http;
using TcpCopy.Copier.Views;
using TcpCopy.Core.Session;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Cli.Tests.Http;

public sealed class SessionPartsTests
{
    [Theory]
    [InlineData(2, null)]
    [InlineData(3, null)]
    [InlineData(4, "7:0-3")]
    public void Only_a_page_with_another_one_behind_has_a_next(int found, string? next)
    {
        var list = SessionParts.Of(new SessionPage([.. Enumerable.Range(1, found).Select(Row)], found), limit: 3);

        Assert.Equal((Math.Min(found, 3), found, next), (list.Sessions.Count, list.Matching, list.Next));
    }

    private static SessionRow Row(int number)
    {
        var end = new Endpoint(HostAddress.Parse("10.0.0.13"), 80);
        return new SessionRow
        {
            Place = new SessionCursor(7, new SessionName(0, number)),
            Client = end,
            Online = end,
            Target = end,
            Phase = SessionPhase.Connected,
            Age = TimeSpan.Zero,
            Tally = default,
        };
    }
}
