using TcpCopy.Core.Traffic;
using TcpCopy.Core.Wire;
using Xunit;

namespace TcpCopy.Core.Tests.Traffic;

public sealed class EscapeDetectorTests
{
    private static readonly EscapeSettings Settings = new()
    {
        ClientResets = 3,
        SilentReplicas = 5,
        Silence = TimeSpan.FromSeconds(10),
        ProbeInterval = TimeSpan.FromSeconds(20),
    };

    private readonly EscapeDetector _detector = new(Settings);

    [Fact]
    public void Replicas_are_opened_while_all_is_well()
    {
        for (var second = 0; second < 1_000; second++)
        {
            Assert.True(_detector.MayOpen(At(second)));
            Assert.False(_detector.OnOpened(At(second)));
            Assert.False(_detector.OnAnswered(At(second)));
        }
        Assert.Equal(EscapeSign.None, _detector.Stopped);
    }

    [Fact]
    public void As_many_resets_as_are_too_many_within_the_window_stop_it()
    {
        Assert.False(_detector.OnClientReset(At(0)));
        Assert.False(_detector.OnClientReset(At(4)));
        Assert.True(_detector.OnClientReset(At(10)));
        Assert.Equal(EscapeSign.ClientReset, _detector.Stopped);
        Assert.False(_detector.MayOpen(At(10)));
    }

    [Fact]
    public void On_command_replicas_are_opened_again_and_what_still_escapes_stops_it_anew()
    {
        Assert.False(_detector.Resume());
        for (var count = 0; count < Settings.ClientResets; count++)
            _detector.OnClientReset(At(0));
        Assert.False(_detector.MayOpen(At(1)));

        Assert.True(_detector.Resume());
        Assert.True(_detector.MayOpen(At(1)));
        Assert.False(_detector.OnClientReset(At(1)));
        Assert.False(_detector.OnClientReset(At(1)));
        Assert.True(_detector.OnClientReset(At(1)));
    }

    [Fact]
    public void Resets_that_lie_far_apart_do_not()
    {
        for (var second = 0; second < 1_000; second += 6)
            Assert.False(_detector.OnClientReset(At(second)));
        Assert.True(_detector.MayOpen(At(1_000)));
    }

    [Fact]
    public void Too_many_unanswered_in_a_row_stop_it_once_the_first_has_waited_long_enough()
    {
        // A burst says nothing: its answers are on their way.
        for (var count = 0; count < 100; count++)
            Assert.False(_detector.OnOpened(At(0)));
        Assert.False(_detector.OnOpened(At(9)));
        Assert.True(_detector.OnOpened(At(10)));
        Assert.Equal(EscapeSign.Silence, _detector.Stopped);
    }

    [Fact]
    public void Few_unanswered_do_not_however_long_they_wait()
    {
        for (var second = 0; second < 5; second++)
            Assert.False(_detector.OnOpened(At(100 * second)));
    }

    [Theory, InlineData(true), InlineData(false)]
    public void An_answer_or_a_reason_for_the_silence_begins_it_anew(bool isAnswered)
    {
        for (var count = 0; count < 100; count++)
            _detector.OnOpened(At(0));
        if (isAnswered)
            _detector.OnAnswered(At(0));
        else
            _detector.ForgetSilence();
        for (var second = 11; second < 21; second++)
            Assert.False(_detector.OnOpened(At(second)));
        Assert.True(_detector.OnOpened(At(21)));
    }

    [Fact]
    public void While_stopped_one_replica_is_tried_each_interval()
    {
        Stop(At(0));
        Assert.False(_detector.MayOpen(At(19)));
        Assert.True(_detector.MayOpen(At(20)));
        Assert.False(_detector.OnOpened(At(20)));
        Assert.False(_detector.MayOpen(At(20)));
        Assert.False(_detector.MayOpen(At(39)));
        Assert.True(_detector.MayOpen(At(40)));
    }

    [Fact]
    public void The_answer_to_one_that_was_opened_since_starts_it_again_and_an_older_ones_does_not()
    {
        Stop(At(5));
        Assert.False(_detector.OnAnswered(opened: At(5)));
        Assert.False(_detector.MayOpen(At(6)));
        Assert.True(_detector.MayOpen(At(25)));
        // Of a session that was not opened yet: the reply is to what had its ports before.
        Assert.False(_detector.OnAnswered(Instant.Never));
        Assert.True(_detector.OnAnswered(opened: At(25)));
        Assert.True(_detector.MayOpen(At(25)));
        // What was counted before counts no more.
        Assert.False(_detector.OnClientReset(At(26)));
        Assert.False(_detector.OnClientReset(At(26)));
        Assert.True(_detector.OnClientReset(At(26)));
    }

    [Fact]
    public void What_is_set_to_none_is_not_counted()
    {
        var detector = new EscapeDetector(Settings with { ClientResets = 0, SilentReplicas = 0 });
        for (var second = 0; second < 100; second++)
        {
            Assert.False(detector.OnClientReset(At(0)));
            Assert.False(detector.OnOpened(At(second)));
        }
    }

    private void Stop(Instant now)
    {
        for (var count = 0; count < 3; count++)
            _detector.OnClientReset(now);
        Assert.Equal(EscapeSign.ClientReset, _detector.Stopped);
    }

    private static Instant At(int seconds) => Instant.FromMicroseconds(seconds * 1_000_000L);
}
