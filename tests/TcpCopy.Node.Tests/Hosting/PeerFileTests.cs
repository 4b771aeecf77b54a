using Akka.Actor;
using TcpCopy.Node.Hosting;
using Xunit;

namespace TcpCopy.Node.Tests.Hosting;

public sealed class PeerFileTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void What_was_written_is_read()
    {
        Address[] peers = [new("akka.tcp", "tcpcopy", "10.0.0.13", 41_000), new("akka.tcp", "tcpcopy", "10.0.0.14", 41_001)];
        new PeerFile(_path).Write(peers);
        Assert.Equal(peers, new PeerFile(_path).Read());
    }

    [Fact]
    public void A_missing_file_names_nobody() => Assert.Empty(new PeerFile(_path + ".missing").Read());

    [Fact]
    public void Lines_that_are_no_address_are_passed_over()
    {
        File.WriteAllLines(_path, ["", "garbage", "akka.tcp://tcpcopy@10.0.0.13:41000"]);
        Assert.Equal(new Address("akka.tcp", "tcpcopy", "10.0.0.13", 41_000), Assert.Single(new PeerFile(_path).Read()));
    }
}
