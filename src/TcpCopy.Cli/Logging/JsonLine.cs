using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Akka.Event;

namespace TcpCopy.Cli.Logging;

/// <summary>One event as one JSON object: time, level, source, message, the values that its text names, and what caused it.</summary>
internal static class JsonLine
{
    private static readonly string[] Own = ["time", "level", "source", "message", "cause"];
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Of(LogEvent logEvent, string level, string source, string text) =>
        Write(logEvent.Timestamp.ToUniversalTime(), level, source, text, logEvent);

    /// <summary>What the process itself has to say.</summary>
    public static string Of(DateTime time, string level, string text) => Write(time, level, "tcpcopy", text, logEvent: null);

    private static string Write(DateTime time, string level, string source, string text, LogEvent? logEvent)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("time", time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("level", level);
            json.WriteString("source", source);
            json.WriteString("message", text);
            if (logEvent is not null)
                WriteValues(json, logEvent);
            if (logEvent?.Cause is { } cause)
                json.WriteString("cause", cause.ToString());
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void WriteValues(Utf8JsonWriter json, LogEvent logEvent)
    {
        if (!logEvent.TryGetProperties(out var values) || values is null)
            return;
        foreach (var (key, value) in values)
        {
            // Texts that name nothing number their values: those stand in the message alone.
            var name = JsonNamingPolicy.CamelCase.ConvertName(key);
            if (name.Length == 0 || char.IsAsciiDigit(name[0]) || Own.Contains(name))
                continue;
            switch (value)
            {
                case int or long:
                    json.WriteNumber(name, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                    break;
                case double number:
                    json.WriteNumber(name, number);
                    break;
                default:
                    json.WriteString(name, value?.ToString());
                    break;
            }
        }
    }
}
