using System.Text.Json;
using System.Text.Json.Serialization;
using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary>The JSON output of the commands: the members of the API.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(IReadOnlyList<Credential>))]
[JsonSerializable(typeof(ShownCredential))]
[JsonSerializable(typeof(Credential))]
[JsonSerializable(typeof(IReadOnlyList<ApiKey>))]
[JsonSerializable(typeof(ApiKey))]
[JsonSerializable(typeof(ShownSecret))]
[JsonSerializable(typeof(WorkloadRuleSettings))]
[JsonSerializable(typeof(IReadOnlyList<WorkloadRule>))]
[JsonSerializable(typeof(WorkloadRule))]
[JsonSerializable(typeof(WorkloadRuleTest))]
[JsonSerializable(typeof(WorkloadIssuerSettings))]
[JsonSerializable(typeof(IReadOnlyList<WorkloadIssuer>))]
[JsonSerializable(typeof(WorkloadIssuer))]
[JsonSerializable(typeof(AuditReport))]
internal sealed partial class CommandJsonContext : JsonSerializerContext;

/// <summary>The JSON output of commands that print a line for each thing.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditEntry))]
internal sealed partial class LineJsonContext : JsonSerializerContext;
