using Xunit;

namespace TcpCopy.EndToEnd.Tests;

/// <summary>Tests that take all that the machine has, client, both servers and both nodes on its cores: nothing runs beside them.</summary>
[CollectionDefinition(DisableParallelization = true)]
public sealed class WholeMachine;
