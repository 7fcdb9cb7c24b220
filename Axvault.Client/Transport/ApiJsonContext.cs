using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Axvault.Client.Transport;

/// <summary>The JSON of the API, without reflection.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(Credential))]
[JsonSerializable(typeof(OpenedCredential))]
[JsonSerializable(typeof(CredentialPage))]
[JsonSerializable(typeof(CredentialBody))]
[JsonSerializable(typeof(UnreadableAnswer))]
[JsonSerializable(typeof(VaultOverview))]
[JsonSerializable(typeof(LoginFlows))]
[JsonSerializable(typeof(BegunLogin))]
[JsonSerializable(typeof(LoginProgress))]
[JsonSerializable(typeof(CredentialVersionList))]
[JsonSerializable(typeof(ApiKey))]
[JsonSerializable(typeof(ApiKeyList))]
[JsonSerializable(typeof(ApiKeyChange))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(NewApiKey))]
[JsonSerializable(typeof(CreatedApiKey))]
[JsonSerializable(typeof(KeyRotation))]
[JsonSerializable(typeof(WorkloadRule))]
[JsonSerializable(typeof(WorkloadRuleSettings))]
[JsonSerializable(typeof(WorkloadRuleList))]
[JsonSerializable(typeof(WorkloadRuleTest))]
[JsonSerializable(typeof(TestedToken))]
[JsonSerializable(typeof(WorkloadIssuer))]
[JsonSerializable(typeof(WorkloadIssuerSettings))]
[JsonSerializable(typeof(WorkloadIssuerList))]
[JsonSerializable(typeof(AuditPage))]
[JsonSerializable(typeof(AuditReport))]
[JsonSerializable(typeof(AuditCounts))]
[JsonSerializable(typeof(UsageReport))]
[JsonSerializable(typeof(VaultFleet))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;
