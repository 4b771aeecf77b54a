using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TcpCopy.Tidy.Tests.Rules;

/// <summary>One word for one thing: the glossary of src/ARCHITECTURE.md, and no abbreviations.</summary>
internal static partial class WordRules
{
    /// <summary>Words that names are not made of, and the word to take instead.</summary>
    private static readonly Dictionary<string, string> Instead = new(StringComparer.OrdinalIgnoreCase)
    {
        ["backend"] = "target",
        ["upstream"] = "target",
        ["production"] = "online",
        ["mirror"] = "replica",
        ["mirrored"] = "replica",
        ["shadow"] = "replica",
        ["spoofed"] = "forged, or mapped",
        ["sniffer"] = "capture",
        ["addr"] = "address",
        ["cfg"] = "settings",
        ["conf"] = "settings",
        ["conn"] = "connection, or session",
        ["ctx"] = "context",
        ["dst"] = "destination, or target",
        ["hdr"] = "header",
        ["idx"] = "index",
        ["iface"] = "device",
        ["mgr"] = "a word for what it does",
        ["msg"] = "message",
        ["pkt"] = "segment, reply or frame",
        ["req"] = "request",
        ["resp"] = "answer, or reply",
        ["sess"] = "session",
        ["src"] = "source, or client",
        ["tmp"] = "a word for what it holds",
    };

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")]
    private static partial Regex Words();

    /// <summary>Declared names whose parts (Pascal or camel case) are on the list.</summary>
    public static IEnumerable<Finding> Names(SourceFile file)
    {
        foreach (var (name, node) in file.Syntax.DescendantNodes().SelectMany(Declared).Where(declared => !IsNative(declared.Node)))
        {
            foreach (Match word in Words().Matches(name))
            {
                if (Instead.TryGetValue(word.Value, out var better))
                    yield return file.At(node, $"'{word.Value}' in the name {name}: say {better}");
            }
        }
    }

    /// <summary>Public types without a docstring.</summary>
    public static IEnumerable<Finding> UndocumentedTypes(SourceFile file) =>
        file.Syntax.DescendantNodes().Where(node => node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax)
            .Cast<MemberDeclarationSyntax>()
            .Where(type => type.Modifiers.Any(SyntaxKind.PublicKeyword) && !IsDocumented(type))
            .Select(type => file.At(type, "a public type without a docstring"));

    private static bool IsDocumented(MemberDeclarationSyntax type) =>
        type.GetLeadingTrivia().Any(trivia => trivia.IsKind(SyntaxKind.SingleLineDocumentationCommentTrivia));

    private static IEnumerable<(string Name, SyntaxNode Node)> Declared(SyntaxNode node) => node switch
    {
        BaseTypeDeclarationSyntax type => [(type.Identifier.Text, type)],
        MethodDeclarationSyntax method => [(method.Identifier.Text, method)],
        PropertyDeclarationSyntax property => [(property.Identifier.Text, property)],
        VariableDeclaratorSyntax variable => [(variable.Identifier.Text, variable)],
        ParameterSyntax parameter => [(parameter.Identifier.Text, parameter)],
        EnumMemberDeclarationSyntax member => [(member.Identifier.Text, member)],
        SingleVariableDesignationSyntax variable => [(variable.Identifier.Text, variable)],
        _ => [],
    };

    // The kernel's and libc's own names stay as the manual pages have them.
    private static bool IsNative(SyntaxNode node) =>
        node.AncestorsAndSelf().Any(ancestor => ancestor is MemberDeclarationSyntax { AttributeLists.Count: > 0 } member
            && member.AttributeLists.SelectMany(list => list.Attributes)
                .Any(attribute => attribute.Name.ToString() is "LibraryImport" or "DllImport" or "StructLayout"));
}
