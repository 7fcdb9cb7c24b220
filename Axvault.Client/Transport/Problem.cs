using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Axvault.Client.Transport;

/// <summary>Problem details (RFC 9457) of a refusal, or the error of a token exchange (RFC 6749 §5.2).</summary>
internal sealed class Problem
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>The code of the refusal.</summary>
    public string? Error { get; init; }

    /// <summary>The sentence for people.</summary>
    public string? Detail { get; init; }

    /// <summary>The sentence of a refused token exchange.</summary>
    [JsonPropertyName("error_description")]
    public string? Description { get; init; }

    /// <summary>The id of the trace.</summary>
    public string? TraceId { get; init; }

    /// <summary>The rule of each wrong field.</summary>
    public Dictionary<string, JsonElement>? Errors { get; init; }

    /// <summary>The code of a failed refresh.</summary>
    public string? Reason { get; init; }

    /// <summary>Returns the exception for <paramref name="answer"/>.</summary>
    public static async Task<AxvaultException> ToExceptionAsync(HttpResponseMessage answer, string place, CancellationToken cancellationToken)
    {
        var problem = await ReadAsync(answer, cancellationToken);
        var status = answer.StatusCode;
        var error = problem is null ? ErrorOfForeign(status) : ErrorOf(status);
        var detail = problem?.Detail ?? problem?.Description;
        return new AxvaultException(error, detail ?? string.Create(CultureInfo.InvariantCulture, $"{place} answers {(int)status}."))
        {
            Status = status,
            Errors = problem?.Errors?.ToDictionary(static field => field.Key, static field => RuleOf(field.Value)) ?? [],
            RetryAfter = answer.Headers.RetryAfter?.Delta,
            Reason = problem?.Reason,
            TraceId = problem?.TraceId,
        };
    }

    private static AxvaultError ErrorOf(HttpStatusCode status) =>
        status switch
        {
            HttpStatusCode.Unauthorized => AxvaultError.Unauthorized,
            HttpStatusCode.Forbidden => AxvaultError.Forbidden,
            HttpStatusCode.NotFound => AxvaultError.NotFound,
            HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed => AxvaultError.Conflict,
            HttpStatusCode.TooManyRequests => AxvaultError.RateLimited,
            HttpStatusCode.BadGateway => AxvaultError.RefreshFailed,
            HttpStatusCode.ServiceUnavailable => AxvaultError.Unavailable,
            >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError => AxvaultError.InvalidRequest,
            _ => AxvaultError.Unexpected,
        };

    // A proxy in front of the vault, or another server at its address.
    private static AxvaultError ErrorOfForeign(HttpStatusCode status) =>
        status switch
        {
            HttpStatusCode.TooManyRequests => AxvaultError.RateLimited,
            HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout => AxvaultError.Unavailable,
            _ => AxvaultError.Unexpected,
        };

    private static async Task<Problem?> ReadAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        if (answer.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json"))
        {
            return null;
        }

        try
        {
            await answer.Content.LoadIntoBufferAsync(MaxBytes, cancellationToken);
            return JsonSerializer.Deserialize(
                await answer.Content.ReadAsByteArrayAsync(cancellationToken),
                ApiJsonContext.Default.Problem
            );
        }
        catch (Exception exception) when (exception is JsonException or HttpRequestException or IOException)
        {
            // The status still says what the answer means.
            return null;
        }
    }

    private static string RuleOf(JsonElement rule) =>
        rule.ValueKind switch
        {
            JsonValueKind.String => rule.GetString()!,
            JsonValueKind.Array => string.Join("; ", rule.EnumerateArray().Select(RuleOf)),
            _ => rule.GetRawText(),
        };
}
