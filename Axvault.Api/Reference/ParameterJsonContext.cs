using System.Text.Json.Serialization;
using Axvault.Api.Audit.Reading;
using Axvault.Api.Broker.Usage;
using Axvault.Api.Credentials;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Keys;

namespace Axvault.Api.Reference;

/// <summary>The records of query and header parameters. They are never JSON: the framework reads their descriptions as it reads those of bodies.</summary>
[JsonSerializable(typeof(ListAuditParameters))]
[JsonSerializable(typeof(CountAuditParameters))]
[JsonSerializable(typeof(VerifyAuditParameters))]
[JsonSerializable(typeof(ListCredentialsParameters))]
[JsonSerializable(typeof(PutCredentialParameters))]
[JsonSerializable(typeof(GetCredentialParameters))]
[JsonSerializable(typeof(AnnotateCredentialParameters))]
[JsonSerializable(typeof(DeleteCredentialParameters))]
[JsonSerializable(typeof(RefreshCredentialParameters))]
[JsonSerializable(typeof(RestoreVersionParameters))]
[JsonSerializable(typeof(UndeleteCredentialParameters))]
[JsonSerializable(typeof(ListKeysParameters))]
[JsonSerializable(typeof(UpdateKeyParameters))]
[JsonSerializable(typeof(DeleteKeyParameters))]
[JsonSerializable(typeof(ReadUsageParameters))]
internal sealed partial class ParameterJsonContext : JsonSerializerContext;
