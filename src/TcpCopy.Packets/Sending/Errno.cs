using System.Globalization;

namespace TcpCopy.Packets.Sending;

/// <summary>Linux error numbers that sending meets, by their names (errno(3)).</summary>
public static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int EINVAL = 22;
    public const int EMSGSIZE = 90;
    public const int EAFNOSUPPORT = 97;
    public const int ENETDOWN = 100;
    public const int ENETUNREACH = 101;
    public const int ENOBUFS = 105;
    public const int EHOSTUNREACH = 113;

    /// <summary>"EPERM", or "errno 77" for one without a name here.</summary>
    public static string NameOf(int errno) => errno switch
    {
        EPERM => nameof(EPERM),
        ENOENT => nameof(ENOENT),
        EINTR => nameof(EINTR),
        EAGAIN => nameof(EAGAIN),
        ENOMEM => nameof(ENOMEM),
        EACCES => nameof(EACCES),
        EBUSY => nameof(EBUSY),
        EINVAL => nameof(EINVAL),
        EMSGSIZE => nameof(EMSGSIZE),
        EAFNOSUPPORT => nameof(EAFNOSUPPORT),
        ENETDOWN => nameof(ENETDOWN),
        ENETUNREACH => nameof(ENETUNREACH),
        ENOBUFS => nameof(ENOBUFS),
        EHOSTUNREACH => nameof(EHOSTUNREACH),
        _ => "errno " + errno.ToString(CultureInfo.InvariantCulture),
    };
}
