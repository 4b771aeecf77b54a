using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("TcpCopy.Interceptor.Tests")]
[assembly: InternalsVisibleTo("TcpCopy.Benchmarks")]
