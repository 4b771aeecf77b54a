namespace TcpCopy.Core.Traffic;

/// <summary>By what the target's host tells replicas from the connections of real clients.</summary>
public enum ReplicaSelection : byte
{
    /// <summary>The DSCP mark that replicas carry.</summary>
    Dscp,

    /// <summary>Their addresses: all that goes to certain ranges is taken, and nobody else may be there.</summary>
    Clients,

    /// <summary>The target's port: all of it is taken, and real clients of that port are not served any more.</summary>
    Port,
}
