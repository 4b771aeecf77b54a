using System.Text.Json;
using TcpCopy.Contracts.Api;

namespace TcpCopy.Cli.Views;

/// <summary>What nodes answered, for programs.</summary>
internal static class ApiOutput
{
    /// <summary>An object, or an array where several nodes were asked.</summary>
    /// <typeparam name="T">Known to <see cref="ApiJson"/>, also as an array.</typeparam>
    public static void PrintJson<T>(T[] answers) where T : class
    {
        var json = new ApiJson(new JsonSerializerOptions(ApiJson.Default.Options) { WriteIndented = true });
        object shown = answers is [{ } alone] ? alone : answers;
        Console.Out.WriteLine(JsonSerializer.Serialize(shown, json.GetTypeInfo(shown.GetType())!));
        Console.Out.Flush();
    }
}
