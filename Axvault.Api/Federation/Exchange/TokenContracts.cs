using System.Text.Json.Serialization;

namespace Axvault.Api.Federation.Exchange;

/// <summary>
/// The form of a token exchange (RFC 8693 §2.1), or of a JWT grant (RFC 7523 §2.1). Its fields are described here, and read by <see cref="TokenRequest"/>.
/// </summary>
internal sealed class TokenExchangeForm
{
    /// <summary>
    /// <c>urn:ietf:params:oauth:grant-type:token-exchange</c> with <c>subject_token</c>, or <c>urn:ietf:params:oauth:grant-type:jwt-bearer</c> with
    /// <c>assertion</c>.
    /// </summary>
    [JsonPropertyName("grant_type")]
    public required string GrantType { get; init; }

    /// <summary>The name of the rule. <c>rule</c> is another name of this field.</summary>
    [JsonPropertyName("client_id")]
    public required string ClientId { get; init; }

    /// <summary>The workload's token: a JWT of at most 16 KiB.</summary>
    [JsonPropertyName("subject_token")]
    public string? SubjectToken { get; init; }

    /// <summary><c>urn:ietf:params:oauth:token-type:jwt</c> or <c>urn:ietf:params:oauth:token-type:id_token</c>.</summary>
    [JsonPropertyName("subject_token_type")]
    public string? SubjectTokenType { get; init; }

    /// <summary>The workload's token, in a JWT grant.</summary>
    [JsonPropertyName("assertion")]
    public string? Assertion { get; init; }
}

// A class, because the ToString of a record would print the key.
/// <summary>A key for a workload (RFC 8693 §2.2.1).</summary>
internal sealed class TokenResponse
{
    /// <summary>The API key: <c>axv_sk_</c> and 49 letters and digits. It is not shown again.</summary>
    [JsonPropertyName("access_token")]
    public required string AccessToken { get; init; }

    /// <summary>The type of the key: always an access token.</summary>
    [JsonPropertyName("issued_token_type")]
    public required string IssuedTokenType { get; init; }

    /// <summary>The way to send it: <c>Bearer</c>.</summary>
    [JsonPropertyName("token_type")]
    public required string TokenType { get; init; }

    /// <summary>The lifetime of the key, in seconds.</summary>
    [JsonPropertyName("expires_in")]
    public required int ExpiresIn { get; init; }
}

/// <summary>A token to test against a rule.</summary>
/// <param name="token">The token.</param>
internal sealed class TestRuleRequest(string? token)
{
    /// <summary>The token: a JWT. It is neither stored nor used up.</summary>
    public string? Token { get; } = token;
}

/// <summary>The result of a test.</summary>
/// <param name="Matches"><c>true</c> when the token would be exchanged for a key now.</param>
/// <param name="Checks">Every condition.</param>
internal sealed record TestRuleResponse(bool Matches, IReadOnlyList<TokenCheckResponse> Checks);

/// <summary>One condition.</summary>
/// <param name="Name">The condition.</param>
/// <param name="Holds"><c>true</c> when it holds.</param>
/// <param name="Reason">The reason, as the audit log would have it; absent when it holds.</param>
/// <param name="Expected">The accepted value; absent when there is no one value.</param>
/// <param name="Found">The value in the token; absent when it has none.</param>
internal sealed record TokenCheckResponse(string Name, bool Holds, string? Reason, string? Expected, string? Found);

/// <summary>The JSON form of the bodies of this folder.</summary>
[JsonSerializable(typeof(TokenExchangeForm))]
[JsonSerializable(typeof(TokenResponse))]
[JsonSerializable(typeof(TestRuleRequest))]
[JsonSerializable(typeof(TestRuleResponse))]
internal sealed partial class ExchangeJsonContext : JsonSerializerContext;
