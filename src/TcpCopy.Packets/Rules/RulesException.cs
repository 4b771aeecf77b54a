namespace TcpCopy.Packets.Rules;

/// <summary>
/// A rule, route or device of the kernel cannot be installed, read or removed. The message names what, where and the remedy, and is fit to be
/// shown to the operator as it is.
/// </summary>
public sealed class RulesException(string message, Exception? inner = null) : Exception(message, inner);
