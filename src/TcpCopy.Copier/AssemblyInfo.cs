using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("TcpCopy.Copier.Tests")]
[assembly: InternalsVisibleTo("TcpCopy.Benchmarks")]
