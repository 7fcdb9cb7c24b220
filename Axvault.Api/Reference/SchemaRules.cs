using System.Text.Json.Nodes;
using Axvault.Api.Audit.Reading;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Broker.Usage;
using Axvault.Api.Credentials;
using Axvault.Api.Credentials.Batch;
using Axvault.Api.Credentials.Login;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Federation.Issuers;
using Axvault.Api.Federation.KeySets;
using Axvault.Api.Federation.Rules;
using Axvault.Api.Fleet;
using Axvault.Api.Http;
using Axvault.Api.Keys;
using Axvault.Api.Refresh;
using Axvault.Api.Stored;
using Microsoft.OpenApi;
using PermittedUse = Axvault.Client.PermittedUse;
using static Axvault.Api.Reference.SchemaForms;

namespace Axvault.Api.Reference;

/// <summary>The forms, lengths and values of members and parameters, which their types do not declare. The handlers check them.</summary>
internal static class SchemaRules
{
    private const string AnchorPattern = @"^axa2\.";

    private static readonly Action<OpenApiSchema> Outcome = OneOf(AuditOutcome.Success.Name(), AuditOutcome.Denied.Name(), AuditOutcome.Failure.Name());

    private static readonly Action<OpenApiSchema> CredentialTypes = OneOf([.. CredentialType.All.Select(static type => type.Value)]);

    // By the name of the schema and of the member, or of the member alone where it means the same everywhere.
    private static readonly Dictionary<string, Action<OpenApiSchema>> Members = new()
    {
        ["HealthResponse.status"] = OneOf("ok"),
        ["id"] = Form(KeyId.Pattern),
        ["KeyResponse.secret"] = Form("^axv_sk_"),
        ["readAccess"] = AccessEntries,
        ["writeAccess"] = AccessEntries,
        ["grantAccess"] = AccessEntries,
        ["useAccess"] = AccessEntries,
        ["allowedCidrs"] = static schema =>
            (schema.MaxItems, schema.Items) = (ClientNetworks.MaxEntries, new OpenApiSchema { Type = JsonSchemaType.String, Examples = ["10.0.0.0/8"] }),
        ["RotateKeyRequest.overlapSeconds"] = Range(0, RotateKeyRequest.MaxOverlapSeconds),
        ["KeyRequest.expiresAt"] = static schema => (schema.Type, schema.Format) = (JsonSchemaType.String | JsonSchemaType.Null, "date-time"),
        ["KeyRequest.name"] = Text(KeyRequest.MaxNameLength),
        ["CredentialRequest.type"] = CredentialTypes,
        ["CredentialRequest.data"] = Json,
        ["CredentialRequest.agent"] = Text(CredentialRequest.MaxIdentifierLength),
        ["CredentialRequest.provider"] = Text(CredentialRequest.MaxIdentifierLength),
        ["CredentialRequest.expiresAt"] = static schema => schema.Format = "date-time",
        ["CredentialRequest.displayName"] = Text(CredentialRequest.MaxDisplayNameLength),
        ["AnnotationRequest.displayName"] = Text(CredentialRequest.MaxDisplayNameLength),
        ["AnnotationRequest.notes"] = Text(CredentialRequest.MaxNotesLength),
        ["CredentialRequest.notes"] = Text(CredentialRequest.MaxNotesLength),
        ["BatchReadRequest.names"] = static schema =>
            (schema.MinItems, schema.MaxItems, schema.UniqueItems, schema.Items) = (
                1,
                BatchReadRequest.MaxNames,
                true,
                new OpenApiSchema { Type = JsonSchemaType.String, Pattern = CredentialName.Pattern }
            ),
        ["BatchReadOutcome.name"] = Form(CredentialName.Pattern),
        ["BatchReadOutcome.error"] = OneOf(ProblemSchema.ErrorCodes),
        ["PutCredentialResponse.name"] = Form(CredentialName.Pattern),
        ["CredentialResponse.name"] = Form(CredentialName.Pattern),
        ["CredentialResponse.type"] = CredentialTypes,
        ["CredentialResponse.permittedUse"] = OneOf([.. PermittedUse.Names]),
        ["VersionResponse.version"] = Form(VersionId.Pattern),
        ["VersionResponse.type"] = CredentialTypes,
        ["VersionResponse.data"] = Json,
        ["CredentialResponse.outcome"] = OneOf(RefreshTelemetry.Name(RefreshOutcome.Refreshed)),
        ["CredentialResponse.data"] = Json,
        ["CredentialListResponse.nextCursor"] = Form(CredentialName.Pattern),
        ["RefreshResponse.status"] = OneOf([.. RefreshStatus.All.Select(static status => status.Value)]),
        ["LoginWaysResponse.flows"] = static schema =>
            schema.Items = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [LoginFlow.Device, LoginFlow.Paste] },
        ["BeginLoginRequest.flow"] = OneOf(LoginFlow.Device, LoginFlow.Paste),
        ["LoginResponse.flow"] = OneOf(LoginFlow.Device, LoginFlow.Paste),
        ["FinishLoginRequest.login"] = Text(FinishLoginRequest.MaxLength),
        ["FinishLoginRequest.answer"] = Text(FinishLoginRequest.MaxLength),
        ["LoginProgressResponse.status"] = OneOf("pending", "done"),
        ["attempts"] = static schema => schema.Minimum = "0",
        ["AuditEntryResponse.action"] = OneOf([.. AuditAction.All]),
        ["AuditEntryResponse.outcome"] = Outcome,
        ["AuditEntryResponse.keyId"] = Form(KeyId.Pattern),
        ["AuditListResponse.nextCursor"] = Form(AuditQuery.CursorPattern),
        ["AuditReport.head"] = Form(AnchorPattern),
        ["AuditReport.fault"] = OneOf(
            AuditFault.Changed,
            AuditFault.Removed,
            AuditFault.Inserted,
            AuditFault.UnknownKey,
            AuditFault.RetiredKey,
            AuditFault.RolledBack,
            AuditFault.ForeignAnchor
        ),
        ["RuleRequest.issuer"] = Form(CredentialName.Pattern),
        ["RuleRequest.audience"] = Text(RuleRequest.MaxTextLength),
        ["RuleRequest.subject"] = Text(SubjectPattern.MaxLength),
        ["RuleRequest.claims"] = Json,
        ["RuleRequest.ttlSeconds"] = Range(Rule.MinTtl, Rule.MaxTtl),
        ["RuleRequest.maxKeys"] = Range(1, Rule.MaxKeyCount),
        ["IssuerRequest.issuer"] = Text(IssuerRequest.MaxTextLength),
        ["IssuerRequest.jwks"] = Json,
        ["IssuerResponse.jwks"] = Json,
        ["algorithms"] = static schema =>
            schema.Items = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. SignatureAlgorithm.All.Select(static name => (JsonNode)name)] },
        ["TokenResponse.accessToken"] = Form("^axv_sk_"),
        ["force"] = Flag,
        ["purge"] = Flag,
        ["deleted"] = Flag,
        ["issued"] = Flag,
        ["ifMatch"] = Condition,
        ["ifNoneMatch"] = Condition,
        ["ListCredentialsParameters.limit"] = static schema => Number(schema).Examples = [100],
        ["ListCredentialsParameters.cursor"] = static schema => Single(schema).Examples = ["claude.prod"],
        ["ListCredentialsParameters.name"] = static schema => Single(schema).Pattern = CredentialName.Pattern,
        ["ListCredentialsParameters.q"] = static schema => Text(CredentialFilter.MaxTextLength)(Single(schema)),
        ["ListCredentialsParameters.type"] = static schema => CredentialTypes(Single(schema)),
        ["ListCredentialsParameters.provider"] = static schema => Text(CredentialRequest.MaxIdentifierLength)(Single(schema)),
        ["ListCredentialsParameters.status"] = static schema => OneOf([.. CredentialFilter.Words])(Single(schema)),
        ["ListCredentialsParameters.use"] = static schema => OneOf([.. PermittedUse.Names])(Single(schema)),
        ["ListCredentialsParameters.sort"] = static schema => OneOf([.. CredentialSort.Texts])(Single(schema)),
        ["ListAuditParameters.since"] = static schema => Single(schema).Format = "date-time",
        ["ListAuditParameters.until"] = static schema => Single(schema).Format = "date-time",
        ["ListAuditParameters.action"] = static schema => OneOf([.. AuditAction.All])(Single(schema)),
        ["ListAuditParameters.outcome"] = static schema => Outcome(Single(schema)),
        ["ListAuditParameters.key"] = static schema => Single(schema).Pattern = KeyId.Pattern,
        ["ListAuditParameters.credential"] = static schema => Single(schema).Pattern = CredentialName.Pattern,
        ["ListAuditParameters.limit"] = static schema => Number(schema).Default = AuditQuery.DefaultLimit,
        ["ListAuditParameters.cursor"] = static schema => Single(schema).Pattern = AuditQuery.CursorPattern,
        ["ServerResponse.id"] = static schema => schema.Format = "uuid",
        ["kek"] = Form("^[0-9a-f]{16}$"),
        ["AuditStateResponse.state"] = OneOf(AuditStateResponse.Ok, AuditStateResponse.Blocked),
        ["CountAuditParameters.since"] = static schema => Single(schema).Format = "date-time",
        ["CountAuditParameters.until"] = static schema => Single(schema).Format = "date-time",
        ["CountAuditParameters.by"] = static schema => OneOf([.. AuditPart.Names])(Single(schema)),
        ["CountAuditParameters.key"] = static schema => Single(schema).Pattern = KeyId.Pattern,
        ["CountAuditParameters.credential"] = static schema => Single(schema).Pattern = CredentialName.Pattern,
        ["AuditCountsResponse.by"] = OneOf([.. AuditPart.Names]),
        ["ReadUsageParameters.from"] = static schema => Single(schema).Format = "date",
        ["ReadUsageParameters.to"] = static schema => Single(schema).Format = "date",
        ["ReadUsageParameters.by"] = static schema => OneOf([.. ReadUsageParameters.Names.Keys])(Single(schema)),
        ["UsageResponse.by"] = OneOf([.. ReadUsageParameters.Names.Keys]),
        ["UsageResponse.from"] = static schema => schema.Format = "date",
        ["UsageResponse.to"] = static schema => schema.Format = "date",
        ["requestsPerMinute"] = Range(0, UseLimitFields.MaxRequests),
        ["tokensPerDay"] = Range(0, UseLimitFields.MaxTokens),
        ["VerifyAuditParameters.anchor"] = static schema => ((OpenApiSchema)schema.Items!).Pattern = AnchorPattern,
    };

    private static readonly SchemaVariant[] Variants =
    [
        new("KeyRequest", "NewKeyRequest", "A new key. An absent list is empty, and gives no access.", "createKey") { With = ["name"] },
        new("KeyResponse", "KeySecretResponse", "A key with its new secret, which is shown only once.", "createKey", "rotateKey")
        {
            With = ["secret"],
            Without = ["serverVersion"],
        },
        new("KeyResponse", "OwnKeyResponse", "The key of the request, with the version of the server.", "getOwnKey")
        {
            With = ["serverVersion"],
            Without = ["secret"],
        },
        new("CredentialResponse", "OpenedCredentialResponse", "A credential with its data.", "getCredential")
        {
            With = ["data"],
            Without = ["outcome", "deletedAt", "purgeAt"],
        },
        new("CredentialResponse", "RefreshedCredentialResponse", "A credential whose tokens are new, without its data.", "refreshCredential")
        {
            With = ["outcome"],
            Without = ["data", "deletedAt", "purgeAt"],
        },
        new("VersionResponse", "OpenedVersionResponse", "A version of a credential with its data.", "getVersion") { With = ["data"] },
    ];

    /// <summary>Returns the description and the form of a path parameter.</summary>
    /// <exception cref="InvalidOperationException">No such parameter is known.</exception>
    public static (string Description, OpenApiSchema Schema) OfPath(string parameter) =>
        parameter switch
        {
            "id" => ("The id of the key.", PathSchema(KeyId.Pattern, "k_3f9a1c20b7de")),
            "name" => ("The name of the credential.", PathSchema(CredentialName.Pattern, "claude.prod")),
            "rule" => ("The name of the rule.", PathSchema(CredentialName.Pattern, "github-main")),
            "issuer" => ("The name of the issuer in this vault.", PathSchema(CredentialName.Pattern, "github")),
            "version" => ("The id of the version.", PathSchema(VersionId.Pattern, "019bc123-f0a4-7d1c-8b1e-2f3a4b5c6d7e")),
            _ => throw new InvalidOperationException($"{nameof(SchemaRules)} does not describe the path parameter {parameter}."),
        };

    /// <summary>Completes the schemas of <paramref name="document"/>.</summary>
    public static void Apply(OpenApiDocument document)
    {
        var schemas = document.Components!.Schemas!;
        schemas.Remove(nameof(System.Text.Json.JsonElement));
        schemas.Remove(nameof(CredentialData));
        schemas.Remove(nameof(OptionalText));
        schemas[ProblemSchema.Name] = ProblemSchema.Make();
        foreach (var (name, schema) in schemas.Select(static schema => (schema.Key, (OpenApiSchema)schema.Value)))
        {
            foreach (var (member, value) in schema.Properties!.ToList())
            {
                schema.Properties![member] = Complete(name, member, value);
            }
        }

        ((OpenApiSchema)schemas["KeyRequest"]).MinProperties = 1;
        ((OpenApiSchema)schemas["BatchReadRequest"]).Required = new HashSet<string> { "names" };
        ((OpenApiSchema)schemas["IssuerRequest"]).Required = new HashSet<string> { "issuer" };
        ((OpenApiSchema)schemas["RuleRequest"]).Required = new HashSet<string> { "issuer", "audience" };
        ((OpenApiSchema)schemas["TestRuleRequest"]).Required = new HashSet<string> { "token" };
        ((OpenApiSchema)schemas["CredentialRequest"]).Required = new HashSet<string> { "type", "data" };
        Array.ForEach(Variants, variant => Add(variant, document));

        var outcome = (OpenApiSchema)schemas["BatchReadOutcome"];
        outcome.Properties!["credential"] = new OpenApiSchemaReference("OpenedCredentialResponse", document)
        {
            Description = outcome.Properties["credential"].Description,
        };

        // Members that no list shows.
        var key = (OpenApiSchema)schemas["KeyResponse"];
        key.Properties!.Remove("secret");
        key.Properties.Remove("serverVersion");
        var listed = (OpenApiSchema)schemas["CredentialResponse"];
        listed.Properties!.Remove("data");
        listed.Properties.Remove("outcome");
        ((OpenApiSchema)schemas["VersionResponse"]).Properties!.Remove("data");
    }

    private static OpenApiSchema PathSchema(string pattern, string example) =>
        new()
        {
            Type = JsonSchemaType.String,
            Pattern = pattern,
            Examples = [example],
        };

    // The serializer never writes null, and reads it as unset, so members are present or absent. A rule above allows null where it has a meaning.
    /// <summary>Completes the schema of a member, or of a parameter of a record.</summary>
    public static IOpenApiSchema Complete(string schema, string member, IOpenApiSchema value)
    {
        value = value.OneOf?.FirstOrDefault(static choice => choice.Type != JsonSchemaType.Null) ?? value;
        if (value is OpenApiSchema { Type: { } type } plain)
        {
            plain.Type = type & ~JsonSchemaType.Null;
        }

        if (FindRule(schema, member) is { } rule)
        {
            var described = value as OpenApiSchema ?? new OpenApiSchema { Description = value.Description };
            rule(described);
            value = described;
        }

        return value;
    }

    private static Action<OpenApiSchema>? FindRule(string schema, string member) =>
        Members.GetValueOrDefault($"{schema}.{member}") ?? Members.GetValueOrDefault(member);

    private static void Add(SchemaVariant variant, OpenApiDocument document)
    {
        var schemas = document.Components!.Schemas!;
        schemas[variant.Name] = variant.Make((OpenApiSchema)schemas[variant.Of]);
        var calls = document.Paths.SelectMany(static path => path.Value.Operations!.Values).Where(call => variant.Calls.Contains(call.OperationId));
        var bodies = calls.SelectMany(static call =>
            call.Responses!.Values.OfType<OpenApiResponse>().Select(static response => response.Content).Append(call.RequestBody?.Content)
        );
        foreach (
            var body in bodies
                .SelectMany(static content => content?.Values ?? [])
                .Where(body => body.Schema is OpenApiSchemaReference reference && reference.Reference.Id == variant.Of)
        )
        {
            body.Schema = new OpenApiSchemaReference(variant.Name, document);
        }
    }
}
