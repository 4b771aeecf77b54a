using TcpCopy.Tidy.Tests.Rules;
using Xunit;

namespace TcpCopy.Tidy.Tests;

/// <summary>Each rule fails on what it is there to find, and leaves its neighbour alone.</summary>
public sealed class RuleTests
{
    private static readonly DependencyRules.Allowance Core = DependencyRules.Table["TcpCopy.Core"];
    private static readonly DependencyRules.Allowance Cli = DependencyRules.Table["TcpCopy.Cli"];

    [Theory]
    [InlineData(400, 0)]
    [InlineData(401, 1)]
    public void A_file_of_more_than_400_lines_is_found(int lines, int expected) =>
        Assert.Equal(expected, LengthRules.LongFile(Source(Repeat("// line\n", lines))).Count());

    [Theory]
    [InlineData(160, 0)]
    [InlineData(161, 1)]
    public void A_line_of_more_than_160_columns_is_found(int columns, int expected) =>
        Assert.Equal(expected, LengthRules.LongLines(Source("\n" + new string('x', columns) + "\n")).Count());

    [Theory]
    [InlineData(67, 0)]
    [InlineData(68, 1)]
    public void A_function_of_more_than_70_lines_is_found(int statements, int expected)
    {
        var body = "{\n" + Repeat("Go();\n", statements) + "}\n";
        Assert.Equal(expected, LengthRules.LongFunctions(Source($"class A {{\nvoid Run()\n{body}}}\n")).Count());
        Assert.Equal(expected, LengthRules.LongFunctions(Source($"class A {{\nint Run {{ get\n{body}}} }}\n")).Count());
        Assert.Equal(expected, LengthRules.LongFunctions(Source($"Start(() =>\n{body});\n")).Count());
    }

    [Theory]
    [InlineData("// TODO: later", 1)]
    [InlineData("/* HACK */", 1)]
    [InlineData("/// <summary>FIXME</summary>\nclass A;", 1)]
    [InlineData("var text = \"TODO\";", 0)]
    [InlineData("// a hack saw", 0)]
    public void A_note_to_self_is_found(string code, int expected) =>
        Assert.Equal(expected, LeftoverRules.NotesInComments(Source(code)).Count());

    [Fact]
    public void A_note_to_self_in_a_text_is_found() => Assert.Equal(2, Assert.Single(LeftoverRules.NotesInText("a.md", "One.\nTODO two.")).Line);

    [Fact]
    public void A_missing_part_is_found() =>
        Assert.Single(LeftoverRules.NotImplemented(Source("void Run() => throw new NotImplementedException();")));

    [Theory]
    [InlineData("try { Go(); } catch { }", 1)]
    [InlineData("try { Go(); } catch (IOException) { }", 1)]
    [InlineData("try { Go(); } catch (IOException) { /* gone already */ }", 0)]
    [InlineData("try { Go(); } catch (IOException) { Count(); }", 0)]
    public void A_swallowed_exception_is_found(string code, int expected) =>
        Assert.Equal(expected, LeftoverRules.EmptyCatches(Source(code)).Count());

    [Theory]
    [InlineData("tests/A.Tests/B.cs", "Thread.Sleep(1);", 1)]
    [InlineData("tests/A.Tests/B.cs", "await Task.Delay(1);", 1)]
    [InlineData("tests/TcpCopy.Testing/Processes/B.cs", "await Task.Delay(1);", 0)]
    [InlineData("src/A/B.cs", "System.Threading.Thread.Sleep(1);", 1)]
    [InlineData("src/A/B.cs", "GC.Collect();", 1)]
    [InlineData("src/A/StartLitter.cs", "GC.Collect();", 0)]
    [InlineData("src/A/B.cs", "Thread.Yield();", 0)]
    public void A_sleep_is_found(string path, string code, int expected) =>
        Assert.Equal(expected, LeftoverRules.Sleeps(new SourceFile(path, code)).Count());

    [Fact]
    public void A_silenced_warning_is_found() => Assert.Single(LeftoverRules.SilencedWarnings(Source("#pragma warning disable CA1000\nclass A;")));

    [Theory]
    [InlineData("class PktQueue;", 1)]
    [InlineData("int dstPort;", 1)]
    [InlineData("void Send(byte[] msg) { }", 1)]
    [InlineData("enum State { UpstreamGone }", 1)]
    [InlineData("int Request; int Configuration; int message; int Sources;", 0)]
    [InlineData("class A { [LibraryImport(\"libc\")] static extern int sendto(int fd, byte[] msg); }", 0)]
    [InlineData("[StructLayout(LayoutKind.Sequential)] struct Header { int msg_hdr; }", 0)]
    public void A_word_outside_the_glossary_is_found(string code, int expected) =>
        Assert.Equal(expected, WordRules.Names(Source(code)).Count());

    [Theory]
    [InlineData("public class A;", 1)]
    [InlineData("public delegate void A();", 1)]
    [InlineData("/// <summary>An A.</summary>\npublic class A;", 0)]
    [InlineData("/// <summary>An A.</summary>\n[Obsolete]\npublic enum A { B }", 0)]
    [InlineData("class A;", 0)]
    public void A_public_type_without_a_docstring_is_found(string code, int expected) =>
        Assert.Equal(expected, WordRules.UndocumentedTypes(Source(code)).Count());

    [Theory]
    [InlineData("using Akka.Actor;", 1)]
    [InlineData("using Akka;", 1)]
    [InlineData("using static System.Threading.Tasks.Task;", 1)]
    [InlineData("using Worker = System.Threading.Tasks.Task;", 1)]
    [InlineData("var text = System.IO.File.ReadAllText(name);", 1)]
    [InlineData("using System.Buffers;", 0)]
    [InlineData("using Akkadian;", 0)]
    public void A_forbidden_namespace_is_found(string code, int expected) =>
        Assert.Equal(expected, DependencyRules.Imports(new SourceFile("src/TcpCopy.Core/A.cs", code), Core).Count());

    [Fact]
    public void A_forbidden_reference_is_found()
    {
        var project = new ProjectFile(
            "src/TcpCopy.Core/TcpCopy.Core.csproj",
            """
            <Project><ItemGroup>
              <ProjectReference Include="../TcpCopy.Cli/TcpCopy.Cli.csproj" />
              <PackageReference Include="Akka" />
            </ItemGroup></Project>
            """);
        Assert.Equal(2, DependencyRules.References(project, Core).Count());
        Assert.Single(DependencyRules.References(project, Cli));
    }

    [Fact]
    public void A_foreign_type_in_a_public_signature_is_found() =>
        Assert.Equal(3, DependencyRules.PublicSignatures([typeof(Leaky)], ["System.Net.Primitives"]).Count());

    [Fact]
    public void A_stray_file_at_the_top_level_is_found() =>
        Assert.Equal("notes.txt", Assert.Single(LayoutRules.TopLevelEntries(["src", ".gitignore", "Directory.Build.props", "notes.txt"])).Path);

    [Theory]
    [InlineData("#!/usr/bin/env bash\nset -euo pipefail\n", UnixFileMode.UserExecute, 0)]
    [InlineData("#!/usr/bin/env bash\nset -euo pipefail\n", UnixFileMode.UserRead, 1)]
    [InlineData("#!/bin/sh\nset -euo pipefail\n", UnixFileMode.UserExecute, 1)]
    [InlineData("#!/usr/bin/env bash\nset -e\n# set -euo pipefail\n", UnixFileMode.UserExecute, 1)]
    public void A_careless_script_is_found(string text, UnixFileMode mode, int expected) =>
        Assert.Equal(expected, LayoutRules.Script("scripts/a.sh", text, mode).Count());

    [Fact]
    public void A_project_without_tests_is_found() =>
        Assert.Equal("tests/TcpCopy.B.Tests", Assert.Single(LayoutRules.MissingTestProjects(["TcpCopy.A", "TcpCopy.B"], ["TcpCopy.A.Tests"])).Path);

    [Fact]
    public void A_project_outside_the_solution_or_without_a_lock_is_found()
    {
        ProjectFile[] projects = [new("src/A/A.csproj", "<Project/>"), new("src/B/B.csproj", "<Project/>")];
        Assert.Equal("src/B/B.csproj", Assert.Single(LayoutRules.ProjectsOutsideTheSolution(projects, """= "A", "src\A\A.csproj", """)).Path);
        Assert.Equal("src/B/B.csproj", Assert.Single(LayoutRules.MissingLockFiles(projects, ["src/A/packages.lock.json"])).Path);
    }

    [Fact]
    public void A_room_that_the_map_forgets_is_found()
    {
        const string Map = "| `TcpCopy.A` | `Wire/` it has |\n| `TcpCopy.B` | nothing of TcpCopy.C |\n";
        string[] paths = ["src/TcpCopy.A/A.csproj", "src/TcpCopy.A/Wire/Endpoint.cs", "src/TcpCopy.B/Wire/Table.cs", "src/TcpCopy.C/C.cs", "src/README.md"];
        Assert.Equal(
            ["does not name Wire/ in the row of TcpCopy.B", "does not name TcpCopy.C in the row of TcpCopy.C"],
            LayoutRules.MissingFromTheMap(Map, paths).Select(finding => finding.Message));
    }

    private static SourceFile Source(string code) => new("src/TcpCopy.Sample/Sample.cs", code);

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    /// <summary>Shows a type of another assembly in three ways, and hides a fourth.</summary>
    public abstract class Leaky
    {
        public System.Net.IPAddress? Plain { get; }

        public abstract void Nested(List<System.Net.IPAddress[]> addresses);

        protected System.Net.IPAddress? Inherited;

        internal System.Net.IPAddress? Hidden { get; set; }
    }
}
