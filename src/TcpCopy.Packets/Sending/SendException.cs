namespace TcpCopy.Packets.Sending;

/// <summary>A socket for sending cannot be opened. The message names what, why and the remedy. A refused packet is never one.</summary>
public sealed class SendException(string message) : Exception(message);
