using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TcpCopy.Tidy.Tests.Rules;

/// <summary>What is left over from writing and does not belong in what is kept.</summary>
internal static partial class LeftoverRules
{
    /// <summary>Memory is measured at rest and without garbage: here time passes, and is collected, on purpose.</summary>
    private const string Measuring = "TcpCopy.Benchmarks";

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Notes();

    /// <summary>Notes to self, in comments of C# alone: strings may well contain the words.</summary>
    public static IEnumerable<Finding> NotesInComments(SourceFile file) =>
        file.Syntax.DescendantTrivia(descendIntoTrivia: false)
            .Where(trivia => IsComment(trivia) && Notes().IsMatch(trivia.ToFullString()))
            .Select(trivia => file.At(trivia.GetLocation(), $"'{Notes().Match(trivia.ToFullString())}' left in a comment: do it, or file it"));

    /// <summary>The same in any text file.</summary>
    public static IEnumerable<Finding> NotesInText(string path, string text) =>
        text.Split('\n').Index()
            .Where(line => Notes().IsMatch(line.Item))
            .Select(line => new Finding(path, line.Index + 1, $"'{Notes().Match(line.Item)}' left over: do it, or file it"));

    public static IEnumerable<Finding> NotImplemented(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<IdentifierNameSyntax>()
            .Where(name => name.Identifier.Text == "NotImplementedException")
            .Select(name => file.At(name, "a part that is not there yet"));

    public static IEnumerable<Finding> EmptyCatches(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<CatchClauseSyntax>()
            .Where(clause => clause.Block.Statements.Count == 0 && !clause.Block.DescendantTrivia().Any(IsComment))
            .Select(clause => file.At(clause, "an empty catch: say in a comment why nothing is to be done, or handle it"));

    /// <summary>Waiting is for a condition, never for a time.</summary>
    public static IEnumerable<Finding> Sleeps(SourceFile file) =>
        file.Syntax.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            .Where(_ => file.Project != Measuring)
            .Where(access => IsSleep(access) || IsCollection(file, access) || IsDelayInTest(file, access))
            .Select(access => file.At(access, $"{access}: wait for a condition instead"));

    public static IEnumerable<Finding> SilencedWarnings(SourceFile file) =>
        file.Syntax.DescendantTrivia()
            .Where(trivia => trivia.IsKind(SyntaxKind.PragmaWarningDirectiveTrivia))
            .Select(trivia => file.At(trivia.GetLocation(), "a warning silenced in place: mend it, or decide it for all in .editorconfig"));

    private static bool IsSleep(MemberAccessExpressionSyntax access) => access.ToString() is "Thread.Sleep" or "System.Threading.Thread.Sleep";

    // Before a node's first packet a collection stalls nobody, and there is one place for it.
    private static bool IsCollection(SourceFile file, MemberAccessExpressionSyntax access) =>
        access.ToString() == "GC.Collect" && !file.Path.EndsWith("/StartLitter.cs", StringComparison.Ordinal);

    // TcpCopy.Testing holds the one loop that polls a condition, with a pause between looks.
    private static bool IsDelayInTest(SourceFile file, MemberAccessExpressionSyntax access) =>
        access.ToString() == "Task.Delay" && file.Path.StartsWith("tests/", StringComparison.Ordinal) && file.Project != "TcpCopy.Testing";

    private static bool IsComment(SyntaxTrivia trivia) =>
        trivia.Kind() is SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia
            or SyntaxKind.SingleLineDocumentationCommentTrivia or SyntaxKind.MultiLineDocumentationCommentTrivia;
}
