using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Axvault.Api.Federation.KeySets;
using Axvault.Api.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Axvault.Api.WebConsole.Oidc;

/// <summary>Speaks to the OpenID provider: the authorization code flow (OpenID Connect Core 1.0 §3.1) with PKCE (RFC 7636).</summary>
internal sealed class OidcProvider(IssuerHttp http, TimeProvider time)
{
    private const string Basic = "client_secret_basic";
    private const string Post = "client_secret_post";

    private static readonly TimeSpan MetadataLifetime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan FaultLifetime = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private Task<OidcMetadata>? _metadata;
    private DateTimeOffset _readAt;

    /// <summary>
    /// Returns the addresses of the provider. They are read once in five minutes, after a failure once in five seconds, and by one request at a time.
    /// </summary>
    /// <exception cref="KeySetException">The provider does not tell them.</exception>
    public Task<OidcMetadata> DiscoverAsync(OidcOptions options)
    {
        lock (_lock)
        {
            var lifetime = _metadata is { IsCompletedSuccessfully: true } ? MetadataLifetime : FaultLifetime;
            if (_metadata is null || (_metadata.IsCompleted && time.GetUtcNow() - _readAt >= lifetime))
            {
                _metadata = ReadMetadataAsync(options);
            }

            return _metadata;
        }
    }

    /// <summary>Returns the address at which a person signs in.</summary>
    public static string AuthorizationOf(OidcOptions options, OidcMetadata metadata, OidcAttempt attempt) =>
        QueryHelpers.AddQueryString(
            metadata.Authorization.AbsoluteUri,
            new Dictionary<string, string?>
            {
                ["response_type"] = "code",
                ["client_id"] = options.ClientId,
                ["redirect_uri"] = attempt.Callback,
                ["scope"] = options.Scope,
                ["state"] = attempt.State,
                ["nonce"] = attempt.Nonce,
                ["code_challenge"] = attempt.Challenge,
                ["code_challenge_method"] = "S256",
            }
        );

    /// <summary>Redeems a code for a token that tells who the person is. The token is not verified.</summary>
    /// <returns>The token, or the reason why there is none.</returns>
    /// <exception cref="KeySetException">The provider does not answer.</exception>
    public async Task<(string? Token, string? Fault)> RedeemAsync(OidcOptions options, OidcMetadata metadata, OidcAttempt attempt, string code)
    {
        var fields = new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["code"] = code,
            ["redirect_uri"] = attempt.Callback,
            ["code_verifier"] = attempt.Verifier,
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, metadata.Token);
        if (options.ClientSecret is { } secret && metadata.Authentication == Basic)
        {
            // Both are written as in a form before they are joined (RFC 6749 §2.3.1).
            var pair = $"{WebUtility.UrlEncode(options.ClientId)}:{WebUtility.UrlEncode(secret.Reveal())}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes(pair)));
        }
        else
        {
            fields["client_id"] = options.ClientId;
            if (options.ClientSecret is { } posted)
            {
                fields["client_secret"] = posted.Reveal();
            }
        }

        request.Content = new FormUrlEncodedContent(fields);
        using var limit = new CancellationTokenSource(KeySetClient.Limit, time);
        var (status, text) = await http.SendAsync(request, limit.Token);
        try
        {
            var answer = StrictJson.Parse(text);
            return status != HttpStatusCode.OK ? (null, $"the code was refused with {(int)status} {CodeOf(IssuerHttp.Text(answer, "error"))}".TrimEnd())
                : IssuerHttp.Text(answer, "id_token") is { } token ? (token, null)
                : (null, "the answer to the code has no id_token");
        }
        catch (JsonException)
        {
            return (null, $"the answer to the code, with {(int)status}, is not JSON");
        }
    }

    /// <summary>Returns an error code that a provider has sent (RFC 6749 §4.1.2.1); nothing when it is none.</summary>
    public static string CodeOf(string? error) =>
        error is { Length: <= 64 } && error.All(static letter => char.IsAsciiLetterLower(letter) || letter == '_') ? error : "";

    private async Task<JsonElement> DiscoverDocumentAsync(OidcOptions options)
    {
        using var limit = new CancellationTokenSource(KeySetClient.Limit, time);
        try
        {
            return await http.DiscoverAsync(options.Issuer, limit.Token);
        }
        finally
        {
            lock (_lock)
            {
                _readAt = time.GetUtcNow();
            }
        }
    }

    private async Task<OidcMetadata> ReadMetadataAsync(OidcOptions options)
    {
        var document = await DiscoverDocumentAsync(options);
        string[] methods =
            document.TryGetProperty("token_endpoint_auth_methods_supported", out var list) && list.ValueKind == JsonValueKind.Array
                ? [.. list.EnumerateArray().Where(static one => one.ValueKind == JsonValueKind.String).Select(static one => one.GetString()!)]
                : [Basic];
        return new OidcMetadata(
            http.Check(IssuerHttp.Text(document, "authorization_endpoint"), "the authorization_endpoint"),
            http.Check(IssuerHttp.Text(document, "token_endpoint"), "the token_endpoint"),
            methods.Contains(Basic) || !methods.Contains(Post) ? Basic : Post,
            document.TryGetProperty("authorization_response_iss_parameter_supported", out var names) && names.ValueKind == JsonValueKind.True
        );
    }
}

/// <summary>The parts of a discovery document that a sign-in needs.</summary>
/// <param name="Authorization">The address at which people sign in.</param>
/// <param name="Token">The address that redeems a code.</param>
/// <param name="Authentication">The way in which a client with a secret authenticates there.</param>
/// <param name="NamesIssuer"><see langword="true"/> when each answer names the issuer (RFC 9207 §3); otherwise <see langword="false"/>.</param>
internal sealed record OidcMetadata(Uri Authorization, Uri Token, string Authentication, bool NamesIssuer);
