using Axvault.Api.Http;
using Axvault.Api.Http.Description;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Axvault.Api.Federation.Exchange;

/// <summary>The call that exchanges a workload's token for a key. It needs no key, and its refusals have the form of RFC 6749 §5.2.</summary>
internal static class TokenEndpoints
{
    /// <summary>Maps the call.</summary>
    public static void MapTokenExchange(this IEndpointRouteBuilder api) =>
        api.MapPost("/token", ExchangeAsync)
            .WithTags("Workload identity")
            .WithMetadata(OAuthForm.Instance, new BodyMaximum(TokenRequest.MaxBytes))
            .WithForm<TokenExchangeForm>()
            .WithName("exchangeToken")
            .WithSummary("Exchange a workload's token for a key")
            .WithDescription(
                "Takes the token that a CI job, a pod or another workload has of its platform, and answers an API key with the rights of a rule. The request "
                    + "is a token exchange (RFC 8693), or the same as a JWT grant (RFC 7523). A token is exchanged once. Every token that gives no key is "
                    + "answered with `invalid_grant`; the audit log has the reason."
            )
            .WithAnswer(200, "The key. It is not shown again.")
            .WithAnswer(400, "The request is malformed, or the token gives no key (`invalid_grant`).")
            .WithAnswer(413, "The body has more than 64 KiB.")
            .Produces<OAuthError>(400)
            .Refuses(413, 429);

    private static async Task<Results<Ok<TokenResponse>, JsonHttpResult<OAuthError>, EmptyHttpResult>> ExchangeAsync(
        HttpContext context,
        Exchanger exchanger,
        FederationTelemetry telemetry,
        ExchangeRefusals refusals,
        CancellationToken cancellationToken
    )
    {
        var (request, error) = await TokenRequest.ReadAsync(context);
        if (request is null)
        {
            return TypedResults.Json(error, OAuthJsonContext.Default.OAuthError, statusCode: StatusCodes.Status400BadRequest);
        }

        using var span = FederationTelemetry.StartExchange();
        var exchanged = await exchanger.RunAsync(request, ClientAddress.Of(context), cancellationToken);
        if (exchanged.Secret is { } secret)
        {
            telemetry.Exchanged(span, request.Rule, ExchangeOutcome.Issued);
            return TypedResults.Ok(
                new TokenResponse
                {
                    AccessToken = secret.Reveal(),
                    IssuedTokenType = TokenRequest.AccessTokenType,
                    TokenType = "Bearer",
                    ExpiresIn = (int)exchanged.Lifetime.TotalSeconds,
                }
            );
        }

        telemetry.Exchanged(span, null, exchanged.Wait is null ? ExchangeOutcome.Denied : ExchangeOutcome.Full);
        return await refusals.GiveAsync(context, exchanged) is { } refusal
            ? TypedResults.Json(refusal, OAuthJsonContext.Default.OAuthError, statusCode: context.Response.StatusCode)
            : TypedResults.Empty;
    }
}
