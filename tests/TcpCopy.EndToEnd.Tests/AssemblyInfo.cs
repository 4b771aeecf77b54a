using System.Runtime.Versioning;
using Xunit.Sdk;
using Xunit.v3;

// One lab at a time: two cores carry client, online, target and both nodes.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: SupportedOSPlatform("linux")]
