using System.Runtime.InteropServices;

namespace TcpCopy.Packets.Buffers;

/// <summary>
/// Memory for large buffers of one size, cut from one piece. The collector never moves it, and the kernel is asked to back it with huge pages (madvise(2),
/// MADV_HUGEPAGE): a stream that the target takes more slowly than its client sends fills hundreds of megabytes, and in pages of 4 KB their first touch costs
/// more than all else that is done with the bytes. The collector takes it back when none of the buffers is referred to any more.
/// </summary>
internal sealed partial class BufferSlab
{
    private const int HugePageBytes = 2 * 1024 * 1024;
    private const int Bytes = 2 * HugePageBytes;
    private const int AdviseHugePages = 14;

    private readonly byte[] _memory = GC.AllocateUninitializedArray<byte>(Bytes + HugePageBytes, pinned: true);
    private readonly int _size;
    private readonly int _end;
    private int _next;

    /// <param name="size">Of each buffer, at most 4 MB.</param>
    public unsafe BufferSlab(int size)
    {
        _size = size;
        // Pinned: its address stands.
        var address = (nint)Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0);
        _next = (int)(-address & (HugePageBytes - 1));
        _end = _next + Bytes;
        // Where the kernel has none, or keeps them from us, small pages serve as well, only not as fast.
        _ = madvise((void*)(address + _next), Bytes, AdviseHugePages);
    }

    /// <returns>False: all of it is cut.</returns>
    public bool TryCut(out ArraySegment<byte> buffer)
    {
        buffer = default;
        if (_end - _next < _size)
            return false;
        buffer = new ArraySegment<byte>(_memory, _next, _size);
        _next += _size;
        return true;
    }

    [LibraryImport("libc")]
    private static unsafe partial int madvise(void* address, nuint length, int advice);
}
