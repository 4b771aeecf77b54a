using TcpCopy.Core.Wire;

namespace TcpCopy.Packets.Sending;

/// <summary>
/// The way past IP: packets go straight to the device and the hardware address of the next hop, where both are known.
/// <para>What is known holds for a second. The packet that finds it over goes by IP: so the kernel looks after the neighbour as it does for any traffic - asks
/// for its address, sees it move or fall silent - and what it knows then is looked up. That may wait for a lock of the kernel's, and is done elsewhere; until
/// it is, packets go by IP.</para>
/// </summary>
public sealed class LinkLayer : IDisposable
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly Action<Action> _elsewhere;
    private readonly NextHops _tables;
    private readonly Dictionary<HostAddress, Hop> _hops = [];
    private long _now;

    private LinkLayer(TimeProvider time, Action<Action> elsewhere, RawSocket socket, NextHops tables)
    {
        (_time, _elsewhere, _tables) = (time, elsewhere, tables);
        Batch = new PacketBatch(socket);
    }

    internal PacketBatch Batch { get; }

    /// <param name="sendBufferBytes">Kernel send buffer of its socket.</param>
    /// <exception cref="SendException">No privilege, or a kernel that tells neither routes nor neighbours.</exception>
    public static LinkLayer Open(int sendBufferBytes = RawSocketSender.DefaultSendBufferBytes) =>
        Open(sendBufferBytes, TimeProvider.System, work => ThreadPool.UnsafeQueueUserWorkItem(static state => state(), work, preferLocal: false));

    /// <param name="sendBufferBytes">Kernel send buffer of its socket.</param>
    /// <param name="time">Says when a second is over.</param>
    /// <param name="elsewhere">Does a piece of work that may take long.</param>
    internal static LinkLayer Open(int sendBufferBytes, TimeProvider time, Action<Action> elsewhere)
    {
        var socket = RawSocket.OpenLink(sendBufferBytes);
        try
        {
            return new LinkLayer(time, elsewhere, socket, NextHops.Open());
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>False: this packet is to go by IP.</summary>
    internal bool TryFind(HostAddress target, out SocketAddress address)
    {
        // With packets waiting here a look at the clock could send the next one to the same target on the other way, before them.
        if (Batch.Count == 0)
            _now = _time.GetTimestamp();
        address = default;
        if (!_hops.TryGetValue(target, out var hop))
            _hops[target] = hop = new Hop();
        else if (_time.GetElapsedTime(hop.LookedUpAt, _now) < Freshness)
            return hop.TryGet(out address);
        LookUp(target, hop);
        return false;
    }

    /// <summary>What is known of the way to a target did not hold: nothing is, until it is looked up again.</summary>
    internal void Distrust(HostAddress target) => _hops[target].Address = null;

    public void Dispose()
    {
        Batch.Dispose();
        _tables.Dispose();
    }

    private void LookUp(HostAddress target, Hop hop)
    {
        (hop.LookedUpAt, hop.Address) = (_now, null);
        if (hop.IsAsked)
            return;
        hop.IsAsked = true;
        _elsewhere(() =>
        {
            hop.Address = _tables.Of(target) is { } found ? new Known(found) : null;
            hop.IsAsked = false;
        });
    }

    /// <summary>Of one target; answered by another thread.</summary>
    private sealed class Hop
    {
        private volatile Known? _address;
        private volatile bool _isAsked;

        public long LookedUpAt { get; set; }

        public bool IsAsked
        {
            get => _isAsked;
            set => _isAsked = value;
        }

        public Known? Address
        {
            set => _address = value;
        }

        public bool TryGet(out SocketAddress address)
        {
            var known = _address;
            address = known is null ? default : known.Address;
            return known is not null;
        }
    }

    private sealed record Known(SocketAddress Address);
}
