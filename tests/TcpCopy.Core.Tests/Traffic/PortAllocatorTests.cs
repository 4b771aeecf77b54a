using FsCheck.Xunit;
using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Traffic;

public sealed class PortAllocatorTests
{
    private static readonly PortRange Range = new(50_000, 50_019);
    private static readonly HostAddress[] Addresses = [HostAddress.Parse("10.0.0.1"), HostAddress.Parse("fd00::1")];
    private static readonly Endpoint[] Targets = [new(HostAddress.Parse("10.9.9.9"), 80), new(HostAddress.Parse("10.9.9.9"), 81)];

    /// <summary>A walk of rents and returns, told by numbers, beside a plain set of what is in use.</summary>
    [Property(MaxTest = 300)]
    public void No_two_live_replicas_have_the_same_ports_and_none_is_refused_while_one_is_free(ushort[] walk, byte share)
    {
        const int Shares = 3;
        var allocator = new PortAllocator(Range, share % Shares, Shares);
        var own = Enumerable.Range(Range.First, Range.Count).Where(port => port % Shares == share % Shares).ToList();
        var live = new List<(HostAddress Address, Endpoint Target, ushort Port)>();
        foreach (var step in walk)
        {
            var (address, target) = (Addresses[step & 1], Targets[(step >> 1) & 1]);
            var isReturn = (step & 4) != 0 && live.Count > 0;
            if (isReturn)
            {
                var given = live[(step >> 3) % live.Count];
                allocator.Release(given.Address, given.Target, given.Port);
                live.Remove(given);
            }
            else if (allocator.TryRent(address, target, (ushort)(Range.First + (step >> 3) % 30), out var port))
            {
                Assert.Contains(port, own);
                Assert.DoesNotContain((address, target, port), live);
                live.Add((address, target, port));
            }
            else
            {
                Assert.Equal(own.Count, live.Count(given => (given.Address, given.Target) == (address, target)));
            }
            Assert.Equal(live.Count, allocator.Live);
        }
    }

    [Property]
    public void The_same_calls_give_the_same_ports(ushort[] preferred)
    {
        Assert.Equal(Rent(), Rent());

        List<ushort> Rent()
        {
            var allocator = new PortAllocator(Range);
            return [.. preferred.Select(port => allocator.TryRent(Addresses[0], Targets[0], port, out var given) ? given : (ushort)0)];
        }
    }

    [Fact]
    public void Shares_divide_the_range_without_a_rest()
    {
        var given = Enumerable.Range(0, 4).SelectMany(share =>
        {
            var allocator = new PortAllocator(Range, share, 4);
            return Enumerable.Range(0, 100).Select(_ => allocator.TryRent(Addresses[0], Targets[0], 0, out var port) ? port : 0).Where(port => port > 0);
        });

        Assert.Equal(Enumerable.Range(Range.First, Range.Count), given.Order());
    }

    [Fact]
    public void The_preferred_port_is_taken_when_it_is_free_and_in_the_range()
    {
        var allocator = new PortAllocator(Range);

        Assert.Equal(
            [50_007, 50_000, 50_001, 50_002],
            new ushort[] { 50_007, 50_007, 40_000, 0 }.Select(preferred => allocator.TryRent(Addresses[0], Targets[0], preferred, out var port) ? port : 0));
    }

    [Fact]
    public void A_port_that_was_given_back_rests_while_others_are_free()
    {
        var allocator = new PortAllocator(Range);
        var given = new List<ushort>();
        for (var turn = 0; turn < Range.Count; turn++)
        {
            Assert.True(allocator.TryRent(Addresses[0], Targets[0], 0, out var port));
            allocator.Release(Addresses[0], Targets[0], port);
            given.Add(port);
        }

        Assert.Equal(Range.Count, given.Distinct().Count());
    }

    [Fact]
    public void A_range_without_a_port_for_this_share_gives_none()
    {
        Assert.False(new PortAllocator(new PortRange(100, 100), 1, 2).TryRent(Addresses[0], Targets[0], 100, out _));
        Assert.True(new PortAllocator(new PortRange(65_535, 65_535)).TryRent(Addresses[0], Targets[0], 0, out var last));
        Assert.Equal(65_535, last);
    }

    [Fact]
    public void Giving_back_what_is_not_in_use_does_nothing()
    {
        var allocator = new PortAllocator(Range);
        allocator.Release(Addresses[0], Targets[0], 50_000);
        Assert.True(allocator.TryRent(Addresses[0], Targets[0], 50_000, out _));
        allocator.Release(Addresses[0], Targets[0], 50_001);

        Assert.Equal(1, allocator.Live);
    }

    [Theory]
    [InlineData("61001-65535", null)]
    [InlineData("80-80", null)]
    [InlineData("80", "write the first and the last")]
    [InlineData("1-2-3", "write the first and the last")]
    [InlineData("0-80", "'0' is not a port")]
    [InlineData("80-x", "'x' is not a port")]
    [InlineData("90-80", "ends before it begins: write 80-90")]
    public void A_range_is_read_or_refused_with_the_remedy(string text, string? expected)
    {
        var fault = PortRange.Parse(text, out var range);

        if (expected is null)
            Assert.Equal((text, null), (range.ToString(), fault));
        else
            Assert.Contains(expected, fault, StringComparison.Ordinal);
    }
}
