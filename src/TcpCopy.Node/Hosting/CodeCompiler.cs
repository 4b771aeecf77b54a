using System.Reflection;
using System.Runtime.CompilerServices;

namespace TcpCopy.Node.Hosting;

/// <summary>
/// Compiles the way of the data before a node's first packet: a thread that compiles while it captures stalls for longer than the kernel's buffer lasts, and
/// what production's host gives to that is lost to its users.
/// </summary>
public static class CodeCompiler
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>
    /// What no packet passes: it runs once, at the start or the end, and is compiled when it does. A node with TLS has had its first handshake before
    /// its first packet, one without does not even load its libraries.
    /// </summary>
    private static readonly string[] BesideTheWay =
        ["TcpCopy.Node.Hosting", "TcpCopy.Node.Security", "TcpCopy.Node.Remoting.Tls", "TcpCopy.Packets.Rules", "TcpCopy.Core.Traffic"];

    /// <summary>Compiles every method that is compiled at its first call otherwise, on a thread of its own.</summary>
    /// <param name="node">The node's own assembly; those of the product that it refers to are compiled with it.</param>
    public static Task CompileAsync(Assembly node) => Task.Run(() =>
    {
        foreach (var method in WithReferences(node).SelectMany(assembly => assembly.GetTypes()).Where(IsOnTheWay).SelectMany(MethodsOf))
            RuntimeHelpers.PrepareMethod(method.MethodHandle);
    });

    private static IEnumerable<Assembly> WithReferences(Assembly node) => node.GetReferencedAssemblies()
        .Where(name => name.Name!.StartsWith("TcpCopy.", StringComparison.Ordinal))
        .Select(Assembly.Load)
        .Append(node);

    private static bool IsOnTheWay(Type type) => !type.ContainsGenericParameters && !BesideTheWay.Contains(type.Namespace);

    /// <summary>A delegate's members, and what is called in other libraries, have no body of their own.</summary>
    private static IEnumerable<MethodBase> MethodsOf(Type type) => type.GetMethods(Declared).Cast<MethodBase>()
        .Concat(type.GetConstructors(Declared))
        .Where(method => !method.IsAbstract && !method.ContainsGenericParameters && method.GetMethodBody() is not null);
}
