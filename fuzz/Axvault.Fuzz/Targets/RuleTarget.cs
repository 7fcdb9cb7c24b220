using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Axvault.Api.Federation.Rules;
using Axvault.Api.Http;

namespace Axvault.Fuzz.Targets;

/// <summary>Rules for workloads. A valid rule is read back as stored, and no subject pattern stands for every subject.</summary>
internal sealed class RuleTarget : FuzzTarget
{
    private static readonly JsonSerializerOptions Format = MakeFormat();

    private static readonly string[] Fields =
    [
        "issuer",
        "audience",
        "subject",
        "claims",
        "events",
        "readAccess",
        "writeAccess",
        "grantAccess",
        "ttlSeconds",
        "maxKeys",
        "allowedCidrs",
    ];

    /// <inheritdoc />
    public override string Name => "rule";

    /// <inheritdoc />
    public override IReadOnlyList<string> Tokens =>
        [
            "{\"issuer\":\"i\",\"audience\":\"a\",\"subject\":\"repo:o/r:*\"}",
            "\"claims\":{\"a\":[\"b\",1,true]}",
            "\"claims\":{\"/a/b\":\"c\"}",
            "\"events\":[\"push\"]",
            "\"ttlSeconds\":60",
            "\"maxKeys\":",
            "\"readAccess\":[\"*\"]",
            "\"allowedCidrs\":[\"10.0.0.0/8\"]",
            "repo:*",
            "spiffe://",
            "system:serviceaccount:",
            ":",
            "/",
            "*",
        ];

    /// <inheritdoc />
    public override void Run(ReadOnlySpan<byte> input)
    {
        RuleRequest? request;
        try
        {
            request = JsonSerializer.Deserialize(input, (JsonTypeInfo<RuleRequest>)Format.GetTypeInfo(typeof(RuleRequest)));
        }
        catch (JsonException)
        {
            return;
        }

        var errors = new FieldErrors();
        if (request?.TryValidate(errors, "r", out var rule) == true)
        {
            Holds(rule.Subject is not null || rule.Claims.Count > 0, "a rule has a subject or claims");
            Holds(rule.Subject?.Matches("anything at all") != true || rule.Subject.Text == "anything at all", "a pattern does not stand for every subject");
            Holds(Rule.ReadClaims(rule.ClaimsJson()).Count == rule.Claims.Count && rule.IsSame(rule), "a rule is read back as stored");
        }

        Holds(errors.Keys.All(Fields.Contains), "an error names its field");
    }

    private static JsonSerializerOptions MakeFormat()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { TypeInfoResolver = RuleJsonContext.Default };
        JsonFormat.Apply(options);
        return options;
    }
}
