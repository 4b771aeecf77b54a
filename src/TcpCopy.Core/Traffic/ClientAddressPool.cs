using TcpCopy.Core.Wire;

namespace TcpCopy.Core.Traffic;

/// <summary>
/// Addresses of one family that replicas come from in place of their clients' own. A client always gets the same one, chosen by a hash of its address: on
/// every copier, today and tomorrow.
/// </summary>
public sealed class ClientAddressPool
{
    private readonly AddressRange[] _ranges;
    private readonly ulong _count;

    /// <param name="ranges">Those of the other family are left out; at least one stays.</param>
    /// <param name="isV4">The targets' family.</param>
    public ClientAddressPool(IEnumerable<AddressRange> ranges, bool isV4)
    {
        _ranges = [.. ranges.Where(range => range.First.IsV4 == isV4)];
        if (_ranges.Length == 0)
            throw new ArgumentException("a pool without addresses", nameof(ranges));
        foreach (var range in _ranges)
            _count += range.HostCount;
    }

    public HostAddress AddressFor(HostAddress client)
    {
        var place = _count == 1 ? 0 : ClientHash.Of(new Endpoint(client, 0)) % _count;
        foreach (var range in _ranges)
        {
            if (place < range.HostCount)
                return range.HostAt(place);
            place -= range.HostCount;
        }
        throw new InvalidOperationException("a place beyond all ranges");
    }
}
