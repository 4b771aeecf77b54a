using System.Globalization;

namespace TcpCopy.Packets.Rules;

/// <summary>
/// What is ours carries this number: rules and routes as their origin protocol, the device as its group. So leftovers of a killed
/// predecessor are told from the host's own set-up, whatever their names and numbers were.
/// </summary>
internal static class OwnershipTag
{
    /// <summary>Free in iproute2's rt_protos, where 0-99 and 186-192 are taken.</summary>
    public const int Number = 124;

    public static readonly string Text = Number.ToString(CultureInfo.InvariantCulture);
}
