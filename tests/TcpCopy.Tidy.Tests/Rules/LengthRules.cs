using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TcpCopy.Tidy.Tests.Rules;

/// <summary>Files, functions and lines stay short enough to be read at one go.</summary>
internal static class LengthRules
{
    public const int FileLimit = 400;
    public const int FunctionLimit = 70;
    public const int LineLimit = 160;

    public static IEnumerable<Finding> LongFile(SourceFile file)
    {
        var lines = file.Lines.Length;
        if (lines > FileLimit)
            yield return new Finding(file.Path, lines, $"{lines} lines; the limit is {FileLimit}, the aim 200");
    }

    public static IEnumerable<Finding> LongLines(SourceFile file) =>
        file.Lines.Index()
            .Where(line => line.Item.Length > LineLimit)
            .Select(line => new Finding(file.Path, line.Index + 1, $"{line.Item.Length} columns; the limit is {LineLimit}"));

    public static IEnumerable<Finding> LongFunctions(SourceFile file)
    {
        foreach (var node in file.Syntax.DescendantNodes().Where(IsFunction))
        {
            var span = node.GetLocation().GetLineSpan();
            var lines = span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
            if (lines > FunctionLimit)
                yield return file.At(node, $"a function of {lines} lines; the limit is {FunctionLimit}, the aim 30");
        }
    }

    private static bool IsFunction(SyntaxNode node) =>
        node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax or AnonymousFunctionExpressionSyntax
            or PropertyDeclarationSyntax { ExpressionBody: not null };
}
