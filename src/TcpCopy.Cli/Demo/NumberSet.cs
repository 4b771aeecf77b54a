namespace TcpCopy.Cli.Demo;

/// <summary>Numbers from 0 on, most of which are there: a bit each, so that a demo may stay up for long. From any thread.</summary>
internal sealed class NumberSet
{
    private const int BitsPerWord = 64;

    private readonly Lock _lock = new();
    private ulong[] _words = new ulong[128];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Add(int number)
    {
        lock (_lock)
        {
            var (word, bit) = (number / BitsPerWord, 1UL << number % BitsPerWord);
            if (word >= _words.Length)
                Array.Resize(ref _words, Math.Max(word + 1, _words.Length * 2));
            if ((_words[word] & bit) != 0)
                return;
            _words[word] |= bit;
            _count++;
        }
    }
}
