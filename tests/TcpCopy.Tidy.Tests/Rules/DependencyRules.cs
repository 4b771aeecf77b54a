using System.Reflection;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace TcpCopy.Tidy.Tests.Rules;

/// <summary>Who may use whom: the table of src/ARCHITECTURE.md.</summary>
internal static class DependencyRules
{
    /// <param name="References">Projects that may be referred to.</param>
    /// <param name="Packages">Packages that may be referred to; null: any.</param>
    /// <param name="Never">Namespaces that no file names.</param>
    internal sealed record Allowance(string[] References, string[]? Packages, string[] Never);

    // System.Net.IPAddress is a mere value; the analyzer's BannedSymbols.txt goes further, type by type.
    private static readonly string[] Impure =
        ["System.IO", "System.Net.Sockets", "System.Net.Http", "System.Net.Dns", "System.Threading.Tasks", "System.Diagnostics.Process", "Microsoft"];

    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly string[] Devices = ["SharpPcap", "PacketDotNet"];

    public static readonly IReadOnlyDictionary<string, Allowance> Table = new Dictionary<string, Allowance>
    {
        ["TcpCopy.Core"] = new([], [], ["Akka", .. Devices, .. Impure]),
        ["TcpCopy.Packets"] = new(["TcpCopy.Core"], Devices, ["Akka"]),
        ["TcpCopy.Contracts"] = new(["TcpCopy.Core"], ["Akka", "Akka.Remote"], [.. Devices, "TcpCopy.Packets"]),
        ["TcpCopy.Node"] = new(
            ["TcpCopy.Core", "TcpCopy.Packets", "TcpCopy.Contracts"],
            ["Akka", "Akka.Remote", "Akka.Cluster"],
            [.. Devices, "TcpCopy.Copier", "TcpCopy.Interceptor"]),
        ["TcpCopy.Copier"] = new(
            ["TcpCopy.Core", "TcpCopy.Packets", "TcpCopy.Contracts", "TcpCopy.Node"],
            ["Akka", "Akka.Cluster", "HdrHistogram"],
            [.. Devices, "TcpCopy.Interceptor"]),
        ["TcpCopy.Interceptor"] = new(
            ["TcpCopy.Core", "TcpCopy.Packets", "TcpCopy.Contracts", "TcpCopy.Node"],
            ["Akka", "Akka.Cluster"],
            [.. Devices, "TcpCopy.Copier"]),
        ["TcpCopy.Web"] = new(
            ["TcpCopy.Contracts"],
            ["MudBlazor"],
            ["Akka", .. Devices, "TcpCopy.Packets", "TcpCopy.Node", "TcpCopy.Copier", "TcpCopy.Interceptor"]),
        ["TcpCopy.Cli"] = new(
            ["TcpCopy.Core", "TcpCopy.Packets", "TcpCopy.Contracts", "TcpCopy.Node", "TcpCopy.Copier", "TcpCopy.Interceptor", "TcpCopy.Web"],
            Packages: null,
            Devices),
    };

    public static IEnumerable<Finding> References(ProjectFile project, Allowance allowance)
    {
        foreach (var reference in project.References.Except(allowance.References))
            yield return new Finding(project.Path, 1, $"{project.Name} must not refer to {reference}");
        foreach (var package in project.Packages.Except(allowance.Packages ?? project.Packages))
            yield return new Finding(project.Path, 1, $"{project.Name} must not use the package {package}");
    }

    /// <summary>Using directives and fully qualified names of namespaces that the file's project must not name.</summary>
    public static IEnumerable<Finding> Imports(SourceFile file, Allowance allowance)
    {
        var names = file.Syntax.DescendantNodes().Where(node =>
            node is QualifiedNameSyntax or MemberAccessExpressionSyntax or IdentifierNameSyntax { Parent: UsingDirectiveSyntax });
        foreach (var name in names)
        {
            var never = allowance.Never.FirstOrDefault(prefix => IsWithin(name.ToString(), prefix));
            if (never is not null && !IsPartOfLongerName(name))
                yield return file.At(name, $"{file.Project} must not name {never}");
        }
    }

    /// <summary>Types of <paramref name="packages"/> (assembly names) in what <paramref name="types"/> show to others.</summary>
    public static IEnumerable<Finding> PublicSignatures(IEnumerable<Type> types, string[] packages) =>
        from type in types
        from shown in ShownTypes(type).SelectMany(Unfold)
        where packages.Contains(shown.Assembly.GetName().Name)
        select new Finding(type.FullName ?? type.Name, 1, $"{shown.FullName} of {shown.Assembly.GetName().Name} in a public signature");

    private static bool IsWithin(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && (name.Length == prefix.Length || name[prefix.Length] == '.');

    private static bool IsPartOfLongerName(Microsoft.CodeAnalysis.SyntaxNode name) =>
        name.Parent is QualifiedNameSyntax or MemberAccessExpressionSyntax;

    private static IEnumerable<Type> ShownTypes(Type type)
    {
        if (type.BaseType is { } parent)
            yield return parent;
        foreach (var contract in type.GetInterfaces())
            yield return contract;
        foreach (var field in type.GetFields(All).Where(field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly))
            yield return field.FieldType;
        var methods = type.GetConstructors(All).Concat<MethodBase>(type.GetMethods(All));
        foreach (var method in methods.Where(method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly))
        {
            if (method is MethodInfo { ReturnType: var returned })
                yield return returned;
            foreach (var parameter in method.GetParameters())
                yield return parameter.ParameterType;
        }
    }

    private static IEnumerable<Type> Unfold(Type type)
    {
        if (type.GetElementType() is { } element)
            return Unfold(element);
        return type.IsGenericType ? type.GetGenericArguments().SelectMany(Unfold).Prepend(type) : [type];
    }
}
