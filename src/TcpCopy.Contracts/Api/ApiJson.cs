using System.Text.Json.Serialization;

namespace TcpCopy.Contracts.Api;

/// <summary>Why there is no better answer.</summary>
public sealed record ApiError(string Error);

/// <summary>What became of the wish that copying goes on.</summary>
/// <param name="Resumed">False: it was not stopped.</param>
public sealed record ResumeAnswer(bool Resumed);

/// <summary>Names of the API's JSON, made at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(NodeStatus[]))]
[JsonSerializable(typeof(Report))]
[JsonSerializable(typeof(Report[]))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(SessionInside))]
[JsonSerializable(typeof(ClusterMember[]))]
[JsonSerializable(typeof(ResumeAnswer))]
[JsonSerializable(typeof(ApiError))]
public sealed partial class ApiJson : JsonSerializerContext;
