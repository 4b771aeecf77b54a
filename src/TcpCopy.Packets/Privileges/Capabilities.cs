namespace TcpCopy.Packets.Privileges;

/// <summary>The rights of the kernel (capabilities(7)) that nodes have to do with, each at its bit.</summary>
[Flags]
public enum Capabilities : ulong
{
    None = 0,

    /// <summary>Reading and writing files whatever their owner and mode.</summary>
    DacOverride = 1UL << 1,

    /// <summary>Reading files and looking into directories whatever their owner and mode.</summary>
    DacReadSearch = 1UL << 2,

    /// <summary>Taking rights away from the bounding set.</summary>
    SetPrivileges = 1UL << 8,

    /// <summary>Binding ports below 1024.</summary>
    BindServicePort = 1UL << 10,

    /// <summary>Changing devices, routes, rules and nftables.</summary>
    NetworkAdministration = 1UL << 12,

    /// <summary>Capturing and forging packets.</summary>
    RawNetwork = 1UL << 13,
}
