namespace TcpCopy.Packets.Privileges;

/// <summary>
/// Gives up, for good, the rights that a node has no use for. The kernel keeps rights for each thread and a process has several from its first moment on, so
/// the whole of it is confined only when the thread that called <see cref="Narrow"/> has executed the program anew: its other threads end with that.
/// </summary>
public static class Confinement
{
    private const Capabilities Administration = Capabilities.NetworkAdministration;

    /// <summary>What this thread may put into force.</summary>
    public static Capabilities Permitted => ThreadPrivileges.Read().Permitted;

    /// <summary>True when this thread, or a program that it executes, may do more than is to be kept.</summary>
    public static bool IsWider(Capabilities kept)
    {
        var sets = ThreadPrivileges.Read();
        var mayLimit = sets.Effective.HasFlag(Capabilities.SetPrivileges);
        return (sets.Permitted & ~kept) != 0 || !ThreadPrivileges.HasNoNewPrivileges || (mayLimit && (ThreadPrivileges.Bounding & ~kept) != 0);
    }

    /// <summary>
    /// Reduces what this thread may do to <paramref name="kept"/>: bounding, permitted, inheritable and ambient set; what it executes cannot have more.
    /// </summary>
    /// <exception cref="PrivilegeException">The kernel refuses.</exception>
    public static void Narrow(Capabilities kept)
    {
        var before = ThreadPrivileges.Read();
        ThreadPrivileges.ForbidNewPrivileges();
        if (before.Effective.HasFlag(Capabilities.SetPrivileges))
            ThreadPrivileges.LimitBounding(kept);
        var left = before.Permitted & kept;
        // A program that root executes has all that is permitted; anybody else's has what is ambient.
        var passedOn = ThreadPrivileges.IsRoot ? Capabilities.None : left;
        ThreadPrivileges.Write(new CapabilitySets(left, left, passedOn));
        ThreadPrivileges.SetAmbient(passedOn);
    }

    /// <summary>
    /// Puts <see cref="Capabilities.NetworkAdministration"/> out of force for this thread and those that it makes; programs that they execute, as ip and nft,
    /// have it still.
    /// </summary>
    public static void Lower()
    {
        var sets = ThreadPrivileges.Read();
        if (!sets.Effective.HasFlag(Administration))
            return;
        var passedOn = ThreadPrivileges.IsRoot ? sets.Inheritable : sets.Inheritable | Administration;
        ThreadPrivileges.Write(new CapabilitySets(sets.Permitted, sets.Effective & ~Administration, passedOn));
        if (!ThreadPrivileges.IsRoot)
            ThreadPrivileges.SetAmbient(sets.Permitted & passedOn);
    }

    /// <summary>Does a piece of this thread's work with network administration in force, where that is permitted.</summary>
    public static T WithAdministration<T>(Func<T> work)
    {
        var sets = ThreadPrivileges.Read();
        return With(sets, sets.Effective | (sets.Permitted & Administration), work);
    }

    /// <summary>Does a piece of this thread's work without certain rights.</summary>
    public static T Without<T>(Capabilities rights, Func<T> work)
    {
        var sets = ThreadPrivileges.Read();
        return With(sets, sets.Effective & ~rights, work);
    }

    private static T With<T>(in CapabilitySets sets, Capabilities effective, Func<T> work)
    {
        if (effective == sets.Effective)
            return work();
        ThreadPrivileges.Write(sets with { Effective = effective });
        try
        {
            return work();
        }
        finally
        {
            ThreadPrivileges.Write(sets);
        }
    }
}
