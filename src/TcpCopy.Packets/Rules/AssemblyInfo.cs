using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("TcpCopy.Packets.Tests")]
[assembly: InternalsVisibleTo("TcpCopy.Benchmarks")]
