using System.Globalization;
using System.Text.Json.Nodes;
using Axvault.Api.Audit;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Authorization;
using Axvault.Api.Credentials;
using Axvault.Api.Credentials.Batch;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Http;
using Axvault.Api.Keys;
using Axvault.Api.Refresh;
using Microsoft.OpenApi;

namespace Axvault.Api.Reference;

/// <summary>What the types of the bodies do not say of their members: forms, lengths, values. The handlers check it; here it is told.</summary>
internal static class SchemaRules
{
    /// <summary>The name of the schema of refusals.</summary>
    public const string Problem = "ProblemDetails";

    private const string CredentialNameForm = "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$";
    private const string AccessEntryForm = @"^(\*|[A-Za-z0-9][A-Za-z0-9._-]{0,126}\*|[A-Za-z0-9][A-Za-z0-9._-]{0,127})$";
    private const string KeyIdForm = "^k_[0-9a-f]{12}$";

    private static readonly string[] ErrorCodes =
    [
        ErrorCode.Unauthorized, ErrorCode.Forbidden, ErrorCode.NotFound, ErrorCode.MethodNotAllowed, ErrorCode.InvalidRequest, ErrorCode.Conflict, ErrorCode.PayloadTooLarge,
        ErrorCode.UnsupportedMediaType, ErrorCode.RateLimited, ErrorCode.RefreshFailed, ErrorCode.Unavailable, ErrorCode.InternalError,
    ];

    // By the name of the schema and of the member, or of the member alone where it means the same everywhere.
    private static readonly Dictionary<string, Action<OpenApiSchema>> Members = new()
    {
        ["HealthResponse.status"] = OneOf("ok"),
        ["id"] = Form(KeyIdForm),
        ["secret"] = Form("^axv_sk_"),
        ["readAccess"] = AccessList,
        ["writeAccess"] = AccessList,
        ["grantAccess"] = AccessList,
        ["allowedCidrs"] = static schema => (schema.MaxItems, schema.Items) = (ClientNetworks.MaxEntries, new OpenApiSchema { Type = JsonSchemaType.String, Examples = ["10.0.0.0/8"] }),
        ["RotateKeyRequest.overlapSeconds"] = static schema => (schema.Minimum, schema.Maximum) = ("0", RotateKeyRequest.MaxOverlapSeconds.ToString(CultureInfo.InvariantCulture)),
        ["KeyRequest.expiresAt"] = static schema => (schema.Type, schema.Format) = (JsonSchemaType.String | JsonSchemaType.Null, "date-time"),
        ["KeyRequest.name"] = Text(KeyRequest.MaxNameLength),
        ["CredentialRequest.type"] = OneOf(CredentialType.OAuthCredentials.Value, CredentialType.OAuthToken.Value, CredentialType.ApiKey.Value),
        ["CredentialRequest.data"] = Json,
        ["CredentialRequest.agent"] = Text(CredentialRequest.MaxIdentifierLength),
        ["CredentialRequest.provider"] = Text(CredentialRequest.MaxIdentifierLength),
        ["CredentialRequest.expiresAt"] = static schema => schema.Format = "date-time",
        ["CredentialRequest.displayName"] = Text(CredentialRequest.MaxDisplayNameLength),
        ["CredentialRequest.notes"] = Text(CredentialRequest.MaxNotesLength),
        ["BatchReadRequest.names"] = static schema =>
            (schema.MinItems, schema.MaxItems, schema.UniqueItems, schema.Items) = (1, BatchReadRequest.MaxNames, true, new OpenApiSchema { Type = JsonSchemaType.String, Pattern = CredentialNameForm }),
        ["BatchReadOutcome.name"] = Form(CredentialNameForm),
        ["BatchReadOutcome.error"] = OneOf(ErrorCodes),
        ["PutCredentialResponse.name"] = Form(CredentialNameForm),
        ["CredentialResponse.name"] = Form(CredentialNameForm),
        ["CredentialResponse.type"] = OneOf(CredentialType.OAuthCredentials.Value, CredentialType.OAuthToken.Value, CredentialType.ApiKey.Value),
        ["VersionResponse.version"] = Form(VersionId.Form),
        ["VersionResponse.type"] = OneOf(CredentialType.OAuthCredentials.Value, CredentialType.OAuthToken.Value, CredentialType.ApiKey.Value),
        ["VersionResponse.data"] = Json,
        ["CredentialResponse.outcome"] = OneOf(RefreshTelemetry.Name(RefreshOutcome.Refreshed)),
        ["CredentialResponse.data"] = Json,
        ["CredentialListResponse.nextCursor"] = Form(CredentialNameForm),
        ["RefreshResponse.status"] = OneOf(RefreshStatus.Ok.Value, RefreshStatus.Retrying.Value, RefreshStatus.Unknown.Value, RefreshStatus.Failed.Value),
        ["attempts"] = static schema => schema.Minimum = "0",
        ["AuditEntryResponse.action"] = OneOf([.. AuditAction.All]),
        ["AuditEntryResponse.outcome"] = OneOf(AuditOutcome.Success.Name(), AuditOutcome.Denied.Name(), AuditOutcome.Failure.Name()),
        ["AuditEntryResponse.keyId"] = Form(KeyIdForm),
        ["AuditListResponse.nextCursor"] = Form("^[0-9]+-[0-9]+$"),
        ["AuditReport.head"] = Form(@"^axa1\."),
        ["AuditReport.fault"] = OneOf(AuditFault.Changed, AuditFault.Removed, AuditFault.Inserted, AuditFault.UnknownKey, AuditFault.ForeignAnchor),
    };

    private static readonly SchemaVariant[] Variants =
    [
        new("KeyRequest", "NewKeyRequest", "A key to be made. A list that is left out is empty: it gives no access.", "createKey") { With = ["name"] },
        new("CredentialResponse", "OpenedCredentialResponse", "A credential with its data.", "getCredential") { With = ["data"], Without = ["outcome", "deletedAt", "purgeAt"] },
        new("CredentialResponse", "RefreshedCredentialResponse", "A credential whose tokens are new, without its data.", "refreshCredential") { With = ["outcome"], Without = ["data", "deletedAt", "purgeAt"] },
        new("VersionResponse", "OpenedVersionResponse", "A kept state of a credential with its data.", "getVersion") { With = ["data"] },
    ];

    /// <summary>What a parameter in a path is, and its form.</summary>
    /// <exception cref="InvalidOperationException">No such parameter is known.</exception>
    public static (string Description, OpenApiSchema Schema) OfPath(string parameter) => parameter switch
    {
        "id" => ("The id of a key.", new OpenApiSchema { Type = JsonSchemaType.String, Pattern = KeyIdForm, Examples = ["k_3f9a1c20b7de"] }),
        "name" => ("The name of a credential.", new OpenApiSchema { Type = JsonSchemaType.String, Pattern = CredentialNameForm, Examples = ["claude.prod"] }),
        "version" => ("The id of a kept state.", new OpenApiSchema { Type = JsonSchemaType.String, Pattern = VersionId.Form, Examples = ["019bc123-f0a4-7d1c-8b1e-2f3a4b5c6d7e"] }),
        _ => throw new InvalidOperationException($"{nameof(SchemaRules)} does not describe the path parameter {parameter}."),
    };

    /// <summary>Completes the schemas of <paramref name="document"/>.</summary>
    public static void Apply(OpenApiDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);

        var schemas = document.Components!.Schemas!;
        schemas.Remove(nameof(System.Text.Json.JsonElement));
        schemas.Remove(nameof(CredentialData));
        schemas.Remove(nameof(OptionalText));
        schemas[Problem] = ProblemSchema();
        foreach (var (name, schema) in schemas.Select(static schema => (schema.Key, (OpenApiSchema)schema.Value)))
        {
            foreach (var (member, value) in schema.Properties!.ToList())
            {
                schema.Properties![member] = Complete(name, member, value);
            }
        }

        ((OpenApiSchema)schemas["KeyRequest"]).MinProperties = 1;
        ((OpenApiSchema)schemas["BatchReadRequest"]).Required = new HashSet<string> { "names" };
        ((OpenApiSchema)schemas["CredentialRequest"]).Required = new HashSet<string> { "type", "data" };
        Array.ForEach(Variants, variant => Add(variant, document));

        var outcome = (OpenApiSchema)schemas["BatchReadOutcome"];
        outcome.Properties!["credential"] = new OpenApiSchemaReference("OpenedCredentialResponse", document) { Description = outcome.Properties["credential"].Description };

        // What no list shows.
        var listed = (OpenApiSchema)schemas["CredentialResponse"];
        listed.Properties!.Remove("data");
        listed.Properties.Remove("outcome");
        ((OpenApiSchema)schemas["VersionResponse"]).Properties!.Remove("data");
    }

    // The serializer never writes null, and takes it for unset: the document speaks of members that are there, or not. A rule says where null means something.
    private static IOpenApiSchema Complete(string schema, string member, IOpenApiSchema value)
    {
        value = value.OneOf?.FirstOrDefault(static choice => choice.Type != JsonSchemaType.Null) ?? value;
        if (value is OpenApiSchema { Type: { } type } plain)
        {
            plain.Type = type & ~JsonSchemaType.Null;
        }

        if (Rule(schema, member) is { } rule)
        {
            var described = value as OpenApiSchema ?? new OpenApiSchema { Description = value.Description };
            rule(described);
            value = described;
        }

        return value;
    }

    private static Action<OpenApiSchema>? Rule(string schema, string member) => Members.GetValueOrDefault($"{schema}.{member}") ?? Members.GetValueOrDefault(member);

    private static void Add(SchemaVariant variant, OpenApiDocument document)
    {
        var schemas = document.Components!.Schemas!;
        schemas[variant.Name] = variant.Make((OpenApiSchema)schemas[variant.Of]);
        var call = document.Paths.SelectMany(static path => path.Value.Operations!.Values).Single(call => call.OperationId == variant.Call);
        var bodies = call.Responses!.Values.OfType<OpenApiResponse>().Select(static response => response.Content).Append(call.RequestBody?.Content);
        foreach (var body in bodies.SelectMany(static content => content?.Values ?? []).Where(body => body.Schema is OpenApiSchemaReference reference && reference.Reference.Id == variant.Of))
        {
            body.Schema = new OpenApiSchemaReference(variant.Name, document);
        }
    }

    private static Action<OpenApiSchema> Form(string pattern) => schema => schema.Pattern = pattern;

    private static Action<OpenApiSchema> Text(int maxLength) => schema => (schema.MinLength, schema.MaxLength) = (1, maxLength);

    private static Action<OpenApiSchema> OneOf(params string[] values) => schema => schema.Enum = [.. values.Select(static value => (JsonNode)value)];

    private static void Json(OpenApiSchema schema) => (schema.Type, schema.AdditionalProperties) = (JsonSchemaType.Object, new OpenApiSchema());

    private static void AccessList(OpenApiSchema schema) =>
        (schema.MaxItems, schema.Items) = (Authorization.AccessList.MaxEntries, new OpenApiSchema { Type = JsonSchemaType.String, Pattern = AccessEntryForm });

    private static OpenApiSchema ProblemSchema() => new()
    {
        Type = JsonSchemaType.Object,
        Description = "A refusal (RFC 9457). `error` is what a client switches on; the words of `detail` may change.",
        Required = new HashSet<string> { "type", "title", "status", "detail", "error", "traceId" },
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["type"] = Member("Always `about:blank`: `error` says which problem it is.", OneOf("about:blank")),
            ["title"] = Member("The name of the status."),
            ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The HTTP status.", Minimum = "400", Maximum = "599" },
            ["detail"] = Member("What is wrong, in a sentence for people. It repeats nothing of the request."),
            ["error"] = Member("What kind of refusal it is.", OneOf(ErrorCodes)),
            ["traceId"] = Member("The id of the request in the server's log and traces."),
            ["errors"] = new OpenApiSchema
            {
                Type = JsonSchemaType.Object,
                Description = "With 400: the fields that are wrong, and the rules that each breaks.",
                AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String } },
            },
            ["failure"] = Member("With 502: how long it holds.", OneOf("permanent", "transient", "unknown")),
            ["reason"] = Member("With 502: what the provider said, as a code."),
        },
    };

    private static OpenApiSchema Member(string description, Action<OpenApiSchema>? rule = null)
    {
        var schema = new OpenApiSchema { Type = JsonSchemaType.String, Description = description };
        rule?.Invoke(schema);
        return schema;
    }
}
