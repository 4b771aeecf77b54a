using TcpCopy.Tidy.Tests.Rules;
using Xunit;

namespace TcpCopy.Tidy.Tests;

/// <summary>The house rules, kept by the project as it stands.</summary>
public sealed class HouseTests
{
    /// <summary>Lowered when types get their docstrings, never raised.</summary>
    private const int UndocumentedTypesLimit = 0;

    private static readonly Repository House = Repository.Instance;

    public static TheoryData<string> ProjectNames => [.. DependencyRules.Table.Keys];

    [Fact]
    public void Files_are_short()
    {
        var lengths = House.AllSources.Select(file => file.Lines.Length).ToList();
        TestContext.Current.SendDiagnosticMessage(
            "{0} of {1} C# files have more than 200 lines", lengths.Count(length => length > 200), lengths.Count);
        Findings.AssertNone(House.AllSources.Concat(House.Pages).SelectMany(LengthRules.LongFile));
    }

    [Fact]
    public void Functions_are_short() => Findings.AssertNone(House.AllSources.SelectMany(LengthRules.LongFunctions));

    [Fact]
    public void Lines_are_short() => Findings.AssertNone(House.AllSources.Concat(House.Pages).SelectMany(LengthRules.LongLines));

    [Fact]
    public void Nothing_is_left_over_in_code() => Findings.AssertNone(
        House.AllSources.SelectMany(file => LeftoverRules.NotesInComments(file).Concat(LeftoverRules.NotImplemented(file))));

    [Fact]
    public void Nothing_is_left_over_in_scripts_and_texts() => Findings.AssertNone(
        House.Files.Where(path => Path.GetExtension(path) is ".sh" or ".md" or ".conf" or ".csproj" or ".props" or ".razor" or ".css")
            .SelectMany(path => LeftoverRules.NotesInText(path, House.Read(path))));

    [Fact]
    public void Nothing_is_swallowed() => Findings.AssertNone(House.AllSources.SelectMany(LeftoverRules.EmptyCatches));

    [Fact]
    public void Nothing_sleeps() => Findings.AssertNone(House.AllSources.SelectMany(LeftoverRules.Sleeps));

    [Fact]
    public void No_warning_is_silenced_in_place() => Findings.AssertNone(House.AllSources.SelectMany(LeftoverRules.SilencedWarnings));

    [Fact]
    public void Names_use_the_words_of_the_glossary() => Findings.AssertNone(House.AllSources.SelectMany(WordRules.Names));

    [Fact]
    public void Public_types_say_what_they_are()
    {
        var findings = House.Sources("src").SelectMany(WordRules.UndocumentedTypes).ToList();
        if (findings.Count > UndocumentedTypesLimit)
            Findings.AssertNone(findings);
    }

    [Fact]
    public void Every_source_project_has_a_row_in_the_dependency_table() =>
        Assert.Equal(House.Projects("src").Select(project => project.Name).Order(), DependencyRules.Table.Keys.Order());

    [Theory]
    [MemberData(nameof(ProjectNames))]
    public void Projects_use_what_they_may(string name)
    {
        var allowance = DependencyRules.Table[name];
        var project = Assert.Single(House.Projects("src"), project => project.Name == name);
        var sources = House.Sources("src/" + name).ToList();
        Assert.NotEmpty(sources);
        Findings.AssertNone(DependencyRules.References(project, allowance));
        Findings.AssertNone(sources.SelectMany(file => DependencyRules.Imports(file, allowance)));
    }

    [Fact]
    public void Packets_shows_no_type_of_its_packages()
    {
        var types = typeof(Packets.Capture.ICaptureSource).Assembly.GetExportedTypes();
        Findings.AssertNone(DependencyRules.PublicSignatures(types, ["SharpPcap", "PacketDotNet"]));
    }

    [Fact]
    public void The_top_level_holds_what_it_should() => Findings.AssertNone(LayoutRules.TopLevelEntries(House.TopLevelEntries));

    [Fact]
    public void Scripts_run_and_stop_at_the_first_failure()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "files have no modes on Windows");
        var scripts = House.Files.Where(path => path.StartsWith("scripts/", StringComparison.Ordinal))
            .Where(path => !path.EndsWith(".service", StringComparison.Ordinal))
            .Append(".ci/run").ToList();
        Assert.True(scripts.Count > 3, "the scripts were not found");
        Findings.AssertNone(scripts.SelectMany(path => LayoutRules.Script(path, House.Read(path), House.ModeOf(path))));
    }

    [Fact]
    public void Every_source_project_has_its_tests() => Findings.AssertNone(LayoutRules.MissingTestProjects(
        House.Projects("src").Select(project => project.Name),
        House.Projects("tests").Select(project => project.Name)));

    [Fact]
    public void Every_project_is_in_the_solution() => Findings.AssertNone(
        LayoutRules.ProjectsOutsideTheSolution(House.Projects("src").Concat(House.Projects("tests")), House.Read("TcpCopy.sln")));

    [Fact]
    public void Every_project_has_its_packages_locked() => Findings.AssertNone(
        LayoutRules.MissingLockFiles(House.Projects("src").Concat(House.Projects("tests")), House.Files.ToHashSet()));

    [Fact]
    public void The_map_names_every_source_project_and_folder() => Findings.AssertNone(LayoutRules.MissingFromTheMap(
        House.Read("src/ARCHITECTURE.md"),
        House.Files.Where(path => path.StartsWith("src/", StringComparison.Ordinal)).ToList()));
}
