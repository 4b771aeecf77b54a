using TcpCopy.Packets.Privileges;
using Xunit;

namespace TcpCopy.Packets.Tests.Privileges;

/// <summary>Each in a thread of its own, which has its own rights and takes what it gave up along when it ends.</summary>
public sealed class ConfinementTests
{
    private const Capabilities Raw = Capabilities.RawNetwork;
    private const Capabilities RawAndRules = Raw | Capabilities.NetworkAdministration;

    [Fact]
    public void What_is_not_kept_is_gone_from_every_set()
    {
        InThread(() =>
        {
            Assert.True(Confinement.IsWider(RawAndRules));

            Confinement.Narrow(RawAndRules);

            Assert.Equal(new CapabilitySets(RawAndRules, RawAndRules, Capabilities.None), ThreadPrivileges.Read());
            Assert.Equal(RawAndRules, ThreadPrivileges.Bounding);
            Assert.True(ThreadPrivileges.HasNoNewPrivileges);
            Assert.False(Confinement.IsWider(RawAndRules));
            Assert.True(Confinement.IsWider(Raw));
            Assert.Throws<PrivilegeException>(() => ThreadPrivileges.Write(new CapabilitySets(RawAndRules | Capabilities.DacOverride, Raw, Capabilities.None)));
        });
    }

    [Fact]
    public void A_lowered_right_is_in_force_for_a_piece_of_work_alone()
    {
        InThread(() =>
        {
            Confinement.Narrow(RawAndRules);
            Confinement.Lower();
            Assert.Equal((Raw, RawAndRules), Now());

            Assert.Equal((RawAndRules, RawAndRules), Confinement.WithAdministration(Now));
            Assert.Throws<InvalidOperationException>(() => Confinement.WithAdministration<int>(() => throw new InvalidOperationException()));

            Assert.Equal((Raw, RawAndRules), Now());
            Assert.Equal((Capabilities.None, RawAndRules), Confinement.Without(Raw, Now));
        });
    }

    [Fact]
    public void What_was_given_up_is_not_put_into_force()
    {
        InThread(() =>
        {
            Confinement.Narrow(Raw);
            Assert.Equal((Raw, Raw), Confinement.WithAdministration(Now));
        });
    }

    private static (Capabilities Effective, Capabilities Permitted) Now()
    {
        var sets = ThreadPrivileges.Read();
        return (sets.Effective, sets.Permitted);
    }

    private static void InThread(Action work)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(work));
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }
}
