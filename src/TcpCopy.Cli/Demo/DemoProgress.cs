using Spectre.Console;

namespace TcpCopy.Cli.Demo;

/// <summary>Shows how far something is: a bar on a terminal, a few lines elsewhere.</summary>
internal static class DemoProgress
{
    private const int PlainSteps = 5;

    private static readonly TimeSpan Refresh = TimeSpan.FromMilliseconds(100);

    /// <param name="title">What goes on.</param>
    /// <param name="total">When it is done.</param>
    /// <param name="done">How far it is; asked now and then.</param>
    /// <param name="work">What is shown.</param>
    public static async Task<T> ShowAsync<T>(string title, int total, Func<int> done, Task<T> work)
    {
        if (Console.IsOutputRedirected)
            await PlainAsync(title, total, done, work).ConfigureAwait(false);
        else
            await BarAsync(title, total, done, work).ConfigureAwait(false);
        return await work.ConfigureAwait(false);
    }

    private static Task BarAsync(string title, int total, Func<int> done, Task work) => AnsiConsole.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
        .StartAsync(async context =>
        {
            var task = context.AddTask(title, maxValue: total);
            while (!await EndsWithinAsync(work, Refresh).ConfigureAwait(false))
                task.Value = done();
            task.Value = done();
        });

    private static async Task PlainAsync(string title, int total, Func<int> done, Task work)
    {
        var shown = 0;
        bool ended;
        do
        {
            ended = await EndsWithinAsync(work, Refresh).ConfigureAwait(false);
            var step = (int)((long)done() * PlainSteps / total);
            if (step > shown)
                Console.WriteLine($"{title}: {step * 100 / PlainSteps} %");
            shown = Math.Max(shown, step);
        }
        while (!ended);
    }

    private static async Task<bool> EndsWithinAsync(Task work, TimeSpan limit) =>
        await Task.WhenAny(work, Task.Delay(limit)).ConfigureAwait(false) == work;
}
