using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("TcpCopy.Node.Tests")]
[assembly: InternalsVisibleTo("TcpCopy.Benchmarks")]
