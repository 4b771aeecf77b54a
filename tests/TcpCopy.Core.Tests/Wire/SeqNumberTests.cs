using FsCheck.Xunit;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Wire;

public sealed class SeqNumberTests
{
    [Theory]
    [InlineData(0u, 1u)]
    [InlineData(0xFFFF_FFFFu, 0u)]
    [InlineData(0xFFFF_FF00u, 0x0000_0100u)]
    [InlineData(0x7FFF_FFFFu, 0x8000_0000u)]
    public void Order_holds_across_the_wrap(uint earlier, uint later)
    {
        var (left, right) = (new SeqNumber(earlier), new SeqNumber(later));

        Assert.True(left < right && left <= right && right > left && right >= left);
        Assert.Equal((right, left), (SeqNumber.Max(left, right), SeqNumber.Min(left, right)));
    }

    [Property]
    public void Distance_undoes_addition(uint start, int distance)
    {
        var position = new SeqNumber(start);

        Assert.Equal(distance, position + distance - position);
        Assert.Equal(position, position + distance - distance);
    }

    [Theory]
    [InlineData(5u, 5u, 0)]
    [InlineData(5u, 6u, 1)]
    [InlineData(0xFFFF_FFFFu, 4u, 5)]
    [InlineData(10u, 3_221_225_481u, 3_221_225_471)]
    [InlineData(10u, 3_221_225_482u, 0)]
    [InlineData(10u, 9u, 0)]
    public void Acknowledgements_advance_by_less_than_sequence_space_without_a_window(uint earlier, uint later, long advance) =>
        Assert.Equal(advance, new SeqNumber(later).AdvanceSince(new SeqNumber(earlier)));

    [Fact]
    public void A_position_equals_itself_alone()
    {
        var position = new SeqNumber(5);

        Assert.True(position <= new SeqNumber(5) && position >= new SeqNumber(5));
        Assert.False(position < new SeqNumber(5) || position > new SeqNumber(5));
        Assert.Equal("4294967295", new SeqNumber(uint.MaxValue).ToString());
    }
}
