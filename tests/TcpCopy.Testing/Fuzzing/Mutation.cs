namespace TcpCopy.Testing.Fuzzing;

/// <summary>Damages well-formed bytes as a hostile sender would: single bits, boundary values, cuts, repetitions, strangers' pieces.</summary>
public static class Mutation
{
    private static readonly byte[] Boundaries = [0, 1, 2, 3, 4, 5, 0x0F, 0x10, 0x45, 0x60, 0x7F, 0x80, 0xFE, 0xFF];

    /// <returns>A damaged copy; now and then an undamaged one.</returns>
    public static byte[] Of(byte[] bytes, byte[] other, Random random)
    {
        var damaged = bytes.ToArray();
        for (var count = random.Next(6); count > 0; count--)
            damaged = Once(damaged, other, random);
        return damaged;
    }

    private static byte[] Once(byte[] bytes, byte[] other, Random random)
    {
        if (bytes.Length == 0)
            return other.ToArray();
        var at = random.Next(bytes.Length);
        switch (random.Next(8))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
            case 2:
                bytes[at] = Boundaries[random.Next(Boundaries.Length)];
                return bytes;
            case 3:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 4:
                return bytes[..at];
            case 5:
                return [.. bytes[..at], .. bytes[random.Next(bytes.Length)..]];
            case 6:
                return [.. bytes[..at], .. other[random.Next(other.Length + 1)..]];
            default:
                bytes.AsSpan(at, Math.Min(bytes.Length - at, random.Next(1, 9))).Fill(Boundaries[random.Next(Boundaries.Length)]);
                return bytes;
        }
    }
}
