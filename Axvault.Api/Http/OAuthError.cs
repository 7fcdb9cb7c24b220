using System.Text.Json.Serialization;

namespace Axvault.Api.Http;

/// <summary>A refusal (RFC 6749 §5.2).</summary>
/// <param name="Error">The code: <c>invalid_grant</c> for every token that gives no key.</param>
/// <param name="ErrorDescription">A sentence for a person. A refused token has the same one for every reason.</param>
internal sealed record OAuthError(
    [property: JsonPropertyName("error")] string Error,
    [property: JsonPropertyName("error_description")] string ErrorDescription
)
{
    /// <summary>The refusal of a token. The reason is in the audit log alone.</summary>
    public static readonly OAuthError InvalidGrant = new(
        "invalid_grant",
        "The token gives no key by this rule. The audit log of the vault has the reason."
    );

    /// <summary>Returns the refusal of a malformed request.</summary>
    public static OAuthError InvalidRequest(string description) => new("invalid_request", description);
}

/// <summary>The JSON form of a refusal.</summary>
[JsonSerializable(typeof(OAuthError))]
internal sealed partial class OAuthJsonContext : JsonSerializerContext;
