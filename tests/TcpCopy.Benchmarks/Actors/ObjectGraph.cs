using System.Reflection;

namespace TcpCopy.Benchmarks.Actors;

/// <summary>
/// What an object holds: every object that can be reached from it, with its size as the runtime lays it out. It goes by reflection and is for a few samples.
/// </summary>
/// <param name="isBoundary">Objects that are neither counted nor entered: what many share.</param>
internal sealed class ObjectGraph(Func<object, bool> isBoundary)
{
    /// <summary>More than this is not one session's: something shared was entered.</summary>
    private const int MostObjects = 20_000;

    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly HashSet<object> _found = new(ReferenceEqualityComparer.Instance);
    private readonly Queue<object> _unseen = new();

    public static HashSet<object> From(object root, Func<object, bool> isBoundary)
    {
        var graph = new ObjectGraph(isBoundary);
        graph.Reach(root);
        while (graph._unseen.TryDequeue(out var next))
            graph.Enter(next);
        return graph._found;
    }

    /// <summary>Bytes that an object takes on the heap, header included.</summary>
    public static unsafe long SizeOf(object target)
    {
        // The method table begins with the size of an element and, behind four bytes, that of the object without elements.
        var table = (uint*)target.GetType().TypeHandle.Value;
        var elements = target switch
        {
            string text => text.Length,
            Array array => array.Length,
            _ => 0,
        };
        var bytes = table[1] + (long)elements * (ushort)table[0];
        return (bytes + 7) / 8 * 8;
    }

    private void Reach(object? target)
    {
        if (target is null or Type or MemberInfo or Assembly or Module or Thread or Pointer || isBoundary(target) || !_found.Add(target))
            return;
        if (_found.Count > MostObjects)
            throw new InvalidOperationException($"more than {MostObjects} objects reached, the last of {target.GetType()}: something shared was entered");
        _unseen.Enqueue(target);
    }

    private void Enter(object target)
    {
        if (target is Array array)
            EnterItems(array);
        else
            EnterFields(target, target.GetType());
    }

    private void EnterItems(Array array)
    {
        var type = array.GetType().GetElementType()!;
        if (!HasReferences(type))
            return;
        foreach (var item in array)
            Take(item, type);
    }

    private void EnterFields(object target, Type type)
    {
        for (var level = type; level is not null; level = level.BaseType)
        {
            foreach (var field in level.GetFields(Own).Where(field => HasReferences(field.FieldType)))
                Take(field.GetValue(target), field.FieldType);
        }
    }

    private void Take(object? value, Type declared)
    {
        if (!declared.IsValueType)
            Reach(value);
        else if (value is not null)
            EnterFields(value, value.GetType());
    }

    private static bool HasReferences(Type type) =>
        !type.IsPrimitive && !type.IsPointer && !type.IsEnum && !type.IsByRef && !type.IsFunctionPointer && !type.IsByRefLike;
}
