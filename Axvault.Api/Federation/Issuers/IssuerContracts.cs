using System.Text.Json;
using System.Text.Json.Serialization;
using Axvault.Api.Federation.KeySets;
using Axvault.Api.Http;

namespace Axvault.Api.Federation.Issuers;

/// <summary>An issuer of tokens. Its keys are in <c>jwks</c>, or at <c>jwksUrl</c>, or else where its discovery document says.</summary>
/// <param name="Issuer">The exact <c>iss</c> of its tokens.</param>
/// <param name="JwksUrl">The https URL of its keys.</param>
/// <param name="Jwks">Its public keys (RFC 7517), for an issuer that this server cannot reach.</param>
/// <param name="Algorithms">
/// The signature algorithms that it uses: of <c>RS256</c>, <c>RS384</c>, <c>RS512</c>, <c>PS256</c>, <c>PS384</c>, <c>PS512</c>, <c>ES256</c>, <c>ES384</c>
/// and <c>ES512</c>. All of them by default.
/// </param>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed record IssuerRequest(string? Issuer, string? JwksUrl, JsonElement? Jwks, string?[]? Algorithms)
{
    /// <summary>The greatest length of a text, in characters.</summary>
    public const int MaxTextLength = 512;

    /// <summary>Checks the body.</summary>
    public bool TryValidate(FieldErrors errors, string name, FederationOptions options, out Issuer issuer)
    {
        var identifier = errors.Text("issuer", Issuer, MaxTextLength, required: true);
        var jwks = Jwks is { ValueKind: not JsonValueKind.Null } element ? element.GetRawText() : null;
        if (JwksUrl is not null && jwks is not null)
        {
            errors.Report("jwks", "must not be given together with jwksUrl");
        }

        if (JwksUrl is not null && !IssuerUrl.TryParse(JwksUrl, options, out _))
        {
            errors.Report("jwksUrl", IssuerUrl.Rule);
        }

        if (jwks is not null && !KeySet.TryParse(jwks, out _, out var fault))
        {
            errors.Report("jwks", fault);
        }

        if (identifier is not null && JwksUrl is null && jwks is null && !(IssuerUrl.TryParse(identifier, options, out var url) && url.Query.Length == 0))
        {
            errors.Report("issuer", $"{IssuerUrl.Rule}, because its keys are looked up there; for another issuer give jwksUrl or jwks");
        }

        issuer = new Issuer(name, identifier ?? "", JwksUrl, jwks, ParseAlgorithms(errors));
        return errors.Count == 0;
    }

    // In the order of SignatureAlgorithm.All: another order is the same trust.
    private IReadOnlyList<string> ParseAlgorithms(FieldErrors errors)
    {
        if (Algorithms is null)
        {
            return SignatureAlgorithm.All;
        }

        if (Algorithms.Length == 0 || !Algorithms.All(static name => SignatureAlgorithm.All.Contains(name)))
        {
            errors.Report("algorithms", $"must be a list of some of {string.Join(", ", SignatureAlgorithm.All)}");
        }

        return [.. SignatureAlgorithm.All.Where(name => Algorithms.Contains(name))];
    }
}

/// <summary>An issuer of tokens.</summary>
/// <param name="Name">The name in this vault.</param>
/// <param name="Issuer">The exact <c>iss</c> of its tokens.</param>
/// <param name="JwksUrl">The URL of its keys; absent when they are inline, or found by discovery.</param>
/// <param name="Jwks">Its public keys; absent when they are fetched.</param>
/// <param name="Algorithms">The signature algorithms that it uses.</param>
internal sealed record IssuerResponse(string Name, string Issuer, string? JwksUrl, JsonElement? Jwks, IReadOnlyList<string> Algorithms)
{
    /// <summary>The keys that signatures are verified with; absent in a list.</summary>
    public IReadOnlyList<IssuerKeyResponse>? Keys { get; init; }

    /// <summary>The time at which the keys were last fetched; absent before, and for inline keys.</summary>
    public DateTimeOffset? KeysFetchedAt { get; init; }

    /// <summary>The reason why the last fetch failed; absent when it succeeded.</summary>
    public string? KeysFailure { get; init; }

    /// <summary>The time of the failed fetch.</summary>
    public DateTimeOffset? KeysFailedAt { get; init; }

    /// <summary>The time at which the issuer was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of its last change.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Returns <paramref name="stored"/> as the API shows it.</summary>
    /// <param name="stored">The issuer.</param>
    /// <param name="keys">Its keys; <see langword="null"/> when there are none.</param>
    /// <param name="fetched">The last fetch; <see langword="null"/> when there was none.</param>
    public static IssuerResponse Of(StoredIssuer stored, KeySet? keys = null, StoredKeySet? fetched = null)
    {
        var issuer = stored.Issuer;
        return new(issuer.Name, issuer.Identifier, issuer.JwksUrl, issuer.Jwks is { } jwks ? ToElement(jwks) : null, issuer.Algorithms)
        {
            Keys = keys is null ? null : [.. keys.Keys.Select(static key => new IssuerKeyResponse(key.Id, key.Type, key.Algorithm, key.Curve))],
            KeysFetchedAt = fetched?.FetchedAt,
            KeysFailure = fetched?.Failure,
            KeysFailedAt = fetched?.Failure is null ? null : fetched.AttemptedAt,
            CreatedAt = stored.CreatedAt,
            UpdatedAt = stored.UpdatedAt,
        };
    }

    private static JsonElement ToElement(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}

/// <summary>A public key of an issuer.</summary>
/// <param name="Kid">The key id.</param>
/// <param name="Kty">The type: <c>RSA</c> or <c>EC</c>.</param>
/// <param name="Alg">The only algorithm of the key; absent when the key set names none.</param>
/// <param name="Crv">The curve; absent for an RSA key.</param>
internal sealed record IssuerKeyResponse(string Kid, string Kty, string? Alg, string? Crv);

/// <summary>Every issuer.</summary>
/// <param name="Issuers">The issuers.</param>
internal sealed record IssuerListResponse(IReadOnlyList<IssuerResponse> Issuers);

/// <summary>The JSON form of the bodies of this folder.</summary>
[JsonSerializable(typeof(IssuerRequest))]
[JsonSerializable(typeof(IssuerResponse))]
[JsonSerializable(typeof(IssuerListResponse))]
internal sealed partial class IssuerJsonContext : JsonSerializerContext;
