using System.IO.Pipes;
using TcpCopy.Node.Loop;
using Xunit;

namespace TcpCopy.Node.Tests.Loop;

public sealed class DescriptorPollTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_callback_may_remove_every_descriptor_its_own_too(int first)
    {
        using var poll = new DescriptorPoll();
        var pipes = Enumerable.Range(0, 4).Select(_ => new AnonymousPipeServerStream(PipeDirection.Out)).ToList();
        var descriptors = pipes.Select(pipe => (int)pipe.ClientSafePipeHandle.DangerousGetHandle()).ToList();
        var called = new List<int>();
        for (var number = 0; number < descriptors.Count; number++)
        {
            var own = number;
            poll.Add(descriptors[own], () => OnReadable(own));
            pipes[own].WriteByte(1);
        }

        poll.Wait(null);
        poll.RunReady();
        poll.Wait(TimeSpan.Zero);
        poll.RunReady();

        // From the last down to the one that removes all.
        Assert.Equal(Enumerable.Range(first, descriptors.Count - first).Reverse(), called);
        pipes.ForEach(pipe => pipe.Dispose());

        void OnReadable(int own)
        {
            called.Add(own);
            if (own == first)
                descriptors.ForEach(poll.Remove);
        }
    }
}
