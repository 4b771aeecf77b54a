using TcpCopy.Core.Wire;

namespace TcpCopy.Contracts.Settings;

/// <summary>What a log line looks like.</summary>
public enum LogFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>An object a line.</summary>
    Json,
}

/// <summary>What a node shows of itself over HTTP, section <c>tcpcopy.http</c>. File names are as written; nothing was read of them yet.</summary>
public sealed record HttpSettings
{
    public const ushort DefaultPort = 9636;

    /// <summary>Of the web page.</summary>
    public const ushort PagePort = 9637;

    /// <summary>Where it listens; null: nowhere.</summary>
    public Endpoint? Listen { get; init; } = new(HostAddress.Parse("127.0.0.1"), DefaultPort);

    /// <summary>File with the token that is demanded; null: none is.</summary>
    public string? TokenFile { get; init; }

    /// <summary>PEM file of the node's certificate; null: plain HTTP.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of its key.</summary>
    public string? KeyFile { get; init; }

    /// <summary>PEM file of the authority of the certificates that are demanded; null: none is.</summary>
    public string? ClientAuthorityFile { get; init; }
}
