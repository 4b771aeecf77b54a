using Akka.Actor;
using TcpCopy.Node.Hosting;
using TcpCopy.Testing.Processes;
using Xunit;

namespace TcpCopy.Node.Tests.Hosting;

public sealed class PeerFileTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string File => _scratch.At("peers");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void What_was_written_is_read()
    {
        Address[] peers = [new("akka.tcp", "tcpcopy", "10.0.0.13", 41_000), new("akka.tcp", "tcpcopy", "10.0.0.14", 41_001)];
        new PeerFile(File).Write(peers);
        Assert.Equal(peers, new PeerFile(File).Read());
    }

    [Fact]
    public void A_missing_file_names_nobody() => Assert.Empty(new PeerFile(_scratch.At("missing")).Read());

    [Fact]
    public void Lines_that_are_no_address_are_passed_over()
    {
        _scratch.Write("peers", "\ngarbage\nakka.tcp://tcpcopy@10.0.0.13:41000\n");
        Assert.Equal(new Address("akka.tcp", "tcpcopy", "10.0.0.13", 41_000), Assert.Single(new PeerFile(File).Read()));
    }
}
