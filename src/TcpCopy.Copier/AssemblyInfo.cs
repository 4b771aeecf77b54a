using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("TcpCopy.Copier.Tests")]
