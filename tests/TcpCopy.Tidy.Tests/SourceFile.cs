using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TcpCopy.Tidy.Tests;

/// <summary>A C# file: its text, and its syntax tree when a rule asks for it.</summary>
/// <param name="path">Relative to the repository's root.</param>
/// <param name="text">The whole file.</param>
internal sealed class SourceFile(string path, string text)
{
    private readonly Lazy<CompilationUnitSyntax> _root =
        new(() => CSharpSyntaxTree.ParseText(text, new CSharpParseOptions(LanguageVersion.Preview)).GetCompilationUnitRoot());

    public string Path { get; } = path;

    public string Text { get; } = text;

    public CompilationUnitSyntax Syntax => _root.Value;

    public string[] Lines => Text.TrimEnd('\n').Split('\n');

    /// <summary>"TcpCopy.Core" for src/TcpCopy.Core/Wire/Endpoint.cs.</summary>
    public string Project => Path.Split('/') is [_, var project, ..] ? project : "";

    public Finding At(SyntaxNode node, string message) => At(node.GetLocation(), message);

    public Finding At(Location location, string message) => new(Path, location.GetLineSpan().StartLinePosition.Line + 1, message);
}

/// <summary>One breach of a house rule.</summary>
internal sealed record Finding(string Path, int Line, string Message)
{
    public override string ToString() => $"{Path}:{Line}: {Message}";
}
