using System.Runtime.Versioning;
using Xunit.Sdk;
using Xunit.v3;

// Two labs at a time: most tests wait most of the time, for time-outs and requests at a steady pace. Those that need the machine are marked.
[assembly: Parallelization(Mode = ParallelMode.All, MaxThreads = 2)]
[assembly: SupportedOSPlatform("linux")]
