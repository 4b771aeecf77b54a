using System.Text;
using SharpPcap.LibPcap;
using static TcpCopy.Packets.Capture.PcapNative;

namespace TcpCopy.Packets.Capture;

/// <summary>
/// Two filters as one kernel program: what the first refuses is shown to the second, whose frames are kept to a shorter length. libpcap's language knows one
/// length for all; the kernel keeps as much of a frame as the program returns (bpf(4), packet(7)).
/// </summary>
internal static unsafe class TwoLengthFilter
{
    // BPF_RET | BPF_K and BPF_JMP | BPF_JA of linux/filter.h.
    private const ushort Return = 0x06;
    private const ushort Jump = 0x05;

    private const uint NoNetmask = uint.MaxValue;

    /// <exception cref="CaptureException">The device does not take one of the filters.</exception>
    public static void Attach(PcapHandle handle, LiveCaptureOptions options)
    {
        var pointer = handle.DangerousGetHandle();
        FilterInstruction[] joined =
            [.. Passing(Compile(pointer, options.Device, options.Filter)), .. Cut(Compile(pointer, options.Device, options.ShortFilter), options.ShortLength)];
        fixed (FilterInstruction* instructions = joined)
        {
            var program = new FilterProgram { Length = (uint)joined.Length, Instructions = instructions };
            if (Instance.SetFilter(pointer, &program) != 0)
                throw Refused(options.Device, $"{options.Filter} or {options.ShortFilter}", Instance.LastError(pointer));
        }
    }

    /// <summary>Where the program would refuse a frame it goes on behind its end.</summary>
    internal static FilterInstruction[] Passing(FilterInstruction[] program)
    {
        for (var index = 0; index < program.Length; index++)
        {
            if (program[index] is { Code: Return, Value: 0 })
                program[index] = new FilterInstruction { Code = Jump, Value = (uint)(program.Length - index - 1) };
        }
        return program;
    }

    internal static FilterInstruction[] Cut(FilterInstruction[] program, int length)
    {
        foreach (ref var instruction in program.AsSpan())
        {
            if (instruction.Code == Return && instruction.Value > length)
                instruction.Value = (uint)length;
        }
        return program;
    }

    private static FilterInstruction[] Compile(nint handle, string device, string filter)
    {
        FilterProgram program;
        fixed (byte* text = Encoding.UTF8.GetBytes(filter + "\0"))
        {
            if (Instance.Compile(handle, &program, text, 1, NoNetmask) != 0)
                throw Refused(device, filter, Instance.LastError(handle));
        }
        var instructions = new ReadOnlySpan<FilterInstruction>(program.Instructions, (int)program.Length).ToArray();
        Instance.FreeProgram(&program);
        return instructions;
    }

    private static CaptureException Refused(string device, string filter, string reason) =>
        new($"device {device} does not take the filter '{filter}': {reason}. Check it with 'tcpdump -d -i {device}'");
}
