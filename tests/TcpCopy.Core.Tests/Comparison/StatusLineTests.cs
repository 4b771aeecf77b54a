using System.Text;
using TcpCopy.Core.Comparison;
using Xunit;

namespace TcpCopy.Core.Tests.Comparison;

public sealed class StatusLineTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\n", 200)]
    [InlineData("HTTP/1.0 404 ", 404)]
    [InlineData("HTTP/1.1 503", 503)]
    [InlineData("HTTP/1.1 50", 0)]
    [InlineData("HTTP/1.1 5x3 OK", 0)]
    [InlineData("HTTP/1.1 999 OK", 0)]
    [InlineData("HTTP/1.1200 OK", 0)]
    [InlineData("+PONG\r\n+PONG\r\n", 0)]
    [InlineData("", 0)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n", 201)]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 304 ", 304)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", 100)]
    [InlineData("HTTP/1.1 103 Early Hints\r\nLink: <", 103)]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n", 101)]
    public void The_code_is_read_of_an_answer_of_HTTP_1_alone(string payload, int code) =>
        Assert.Equal(code, StatusLine.Read(Encoding.ASCII.GetBytes(payload)));
}
