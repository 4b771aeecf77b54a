using System.Runtime.Versioning;
using Xunit.Sdk;
using Xunit.v3;

// The console is one, and signals go to the whole process.
[assembly: Parallelization(Mode = ParallelMode.None)]
[assembly: SupportedOSPlatform("linux")]
