using Xunit;

namespace TcpCopy.Tidy.Tests;

internal static class Findings
{
    /// <summary>Fails with one line a finding.</summary>
    public static void AssertNone(IEnumerable<Finding> findings)
    {
        var lines = findings.Select(finding => finding.ToString()).ToList();
        if (lines.Count > 0)
            Assert.Fail($"{lines.Count} finding(s):\n{string.Join('\n', lines)}");
    }
}
