using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Axvault.Api.Federation.Exchange;

/// <summary>A request for a key: a token exchange (RFC 8693 §2.1), or the same as a JWT grant (RFC 7523 §2.1). A class, because it holds a token.</summary>
internal sealed class TokenRequest
{
    /// <summary>The type of the issued key (RFC 8693 §3).</summary>
    public const string AccessTokenType = "urn:ietf:params:oauth:token-type:access_token";

    /// <summary>The greatest length of a body, in bytes: a token, and room for the other parameters.</summary>
    public const int MaxBytes = 64 * 1024;

    private const string ExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
    private const string JwtGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    private const string JwtType = "urn:ietf:params:oauth:token-type:jwt";
    private const string IdTokenType = "urn:ietf:params:oauth:token-type:id_token";
    private const string MediaType = "application/x-www-form-urlencoded";
    private const int MaxParameters = 32;

    private TokenRequest(string rule, string token) => (Rule, Token) = (rule, token);

    /// <summary>The name of the rule.</summary>
    public string Rule { get; }

    /// <summary>The workload's token.</summary>
    public string Token { get; }

    /// <summary>Reads a request.</summary>
    /// <returns>The request, or the error of RFC 6749 §5.2 that says what is wrong with it.</returns>
    /// <exception cref="BadHttpRequestException">The body is too large, or did not arrive.</exception>
    public static async Task<(TokenRequest? Request, OAuthError? Error)> ReadAsync(HttpContext context)
    {
        if (!HasForm(context.Request))
        {
            return (null, OAuthError.InvalidRequest($"The body must be a form: send Content-Type: {MediaType}."));
        }

        try
        {
            var form = await ReadFormAsync(context);
            return TryRead(form, out var request, out var error) ? (request, null) : (null, error);
        }
        catch (InvalidDataException)
        {
            return (null, OAuthError.InvalidRequest($"The body must have at most {MaxBytes} bytes and {MaxParameters} parameters."));
        }
    }

    private static bool HasForm(HttpRequest request) =>
        Microsoft.Net.Http.Headers.MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
        && (type.Charset.Value is not { } charset || charset.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static async Task<Dictionary<string, StringValues>> ReadFormAsync(HttpContext context)
    {
        // Not the request's own form, which also takes files and keeps them on the disk.
        using var reader = new FormReader(context.Request.Body)
        {
            KeyLengthLimit = 256,
            ValueCountLimit = MaxParameters,
            ValueLengthLimit = MaxBytes,
        };
        return await reader.ReadFormAsync(context.RequestAborted);
    }

    private static bool TryRead(
        Dictionary<string, StringValues> form,
        [NotNullWhen(true)] out TokenRequest? request,
        [NotNullWhen(false)] out OAuthError? error
    )
    {
        request = null;
        if (form.FirstOrDefault(static parameter => parameter.Value.Count > 1).Key is { } repeated)
        {
            error = OAuthError.InvalidRequest(
                IsKnown(repeated) ? $"The parameter {repeated} must be given once." : "Each parameter must be given once."
            );
            return false;
        }

        error = Find(form, "grant_type") switch
        {
            ExchangeGrant => CheckExchange(form),
            JwtGrant => Find(form, "assertion") is null ? OAuthError.InvalidRequest("assertion must be given: the workload's token.") : null,
            null => OAuthError.InvalidRequest("grant_type must be given."),
            _ => new OAuthError("unsupported_grant_type", $"grant_type must be {ExchangeGrant} or {JwtGrant}."),
        };
        if (error is not null)
        {
            return false;
        }

        var (id, rule) = (Find(form, "client_id"), Find(form, "rule"));
        if ((id ?? rule) is not { } name || (id is not null && rule is not null && id != rule) || !CredentialName.TryParse(name, out var parsed))
        {
            error = OAuthError.InvalidRequest("client_id (or rule) must be the name of a rule.");
            return false;
        }

        request = new TokenRequest(parsed.Value, Find(form, Find(form, "grant_type") == JwtGrant ? "assertion" : "subject_token")!);
        error = request.Token.Length > WorkloadToken.MaxLength
            ? OAuthError.InvalidRequest($"The token must have at most {WorkloadToken.MaxLength} characters.")
            : null;
        return error is null;
    }

    private static OAuthError? CheckExchange(Dictionary<string, StringValues> form) =>
        Find(form, "subject_token") is null ? OAuthError.InvalidRequest("subject_token must be given: the workload's token.")
        : Find(form, "subject_token_type") is not (JwtType or IdTokenType)
            ? OAuthError.InvalidRequest($"subject_token_type must be {JwtType} or {IdTokenType}.")
        : Find(form, "requested_token_type") is not (null or AccessTokenType)
            ? OAuthError.InvalidRequest($"requested_token_type must be {AccessTokenType}, or be left out.")
        : Find(form, "actor_token") is not null ? OAuthError.InvalidRequest("actor_token is not supported: a key has one subject.")
        : null;

    // A name that is not known may be a secret in the wrong place.
    private static bool IsKnown(string name) =>
        name is "grant_type" or "subject_token" or "subject_token_type" or "requested_token_type" or "assertion" or "client_id" or "rule";

    // A parameter without a value counts as left out (RFC 6749 §3.2).
    private static string? Find(Dictionary<string, StringValues> form, string name) =>
        form.TryGetValue(name, out var values) && values.ToString() is { Length: > 0 } text ? text : null;
}
