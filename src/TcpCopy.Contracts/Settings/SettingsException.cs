namespace TcpCopy.Contracts.Settings;

/// <summary>One thing wrong with what a node was told.</summary>
/// <param name="Place">The setting's full path ("tcpcopy.send.dscp"), or file and line.</param>
/// <param name="Value">What stands there, as written; null where there is no value to show.</param>
/// <param name="Remedy">What is wrong with it and what to write instead.</param>
public sealed record SettingError(string Place, string? Value, string Remedy)
{
    public override string ToString() => Value is null ? $"{Place}: {Remedy}" : $"{Place} = {Value}: {Remedy}";
}

/// <summary>A node's settings cannot be used; holds everything that is wrong with them, not just the first.</summary>
public sealed class SettingsException(IReadOnlyList<SettingError> errors, Exception? inner = null)
    : Exception(string.Join(Environment.NewLine, errors), inner)
{
    public IReadOnlyList<SettingError> Errors { get; } = errors;
}
