using System.Diagnostics;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Confirmation;
using Axvault.Api.Keys;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Axvault.Api.Authentication;

/// <summary>
/// Authenticates <c>Authorization: Bearer axv_sk_…</c> (RFC 6750 §2.1) against the database at every request, before the call or, for a read or a put of a
/// credential, in the transaction that records it (<see cref="Confirmations"/>): a key that was deleted stops at once on every replica. A database that does not answer is a 503 by the exception it throws, never a 401.
/// </summary>
internal sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    UrlEncoder encoder,
    KeyStore keys,
    RowMemory memory,
    KeyUsage usage,
    AuditLog audit,
    AuditSource source,
    AuthenticationTelemetry telemetry,
    AuthorizationTelemetry decisions,
    IProblemDetailsService problems)
    // Without a logger: the base class would log each refusal a second time, and less well than the audit log does.
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, NullLoggerFactory.Instance, encoder)
{
    /// <summary>The name of the scheme.</summary>
    public const string SchemeName = "ApiKey";

    private const string NoKey = "no API key was sent";
    private const string UnknownKey = "the API key is not known";

    /// <inheritdoc />
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization.Count == 0)
        {
            return AuthenticateResult.NoResult();
        }

        using var span = AuthenticationTelemetry.Start();
        if (!BearerToken.TryRead(Request.Headers.Authorization, out var secret))
        {
            telemetry.Failed(span, AuthenticationOutcome.Malformed);
            return AuthenticateResult.Fail(UnknownKey);
        }

        // The index finds the row by the hash; the compare that decides takes the same time for every candidate, found or not.
        var hash = secret.Hash();
        var found = await FindAsync(hash, span);
        var matches = CryptographicOperations.FixedTimeEquals(hash, found?.SecretHash ?? new byte[hash.Length]);
        if (found is null || !matches)
        {
            telemetry.Failed(span, AuthenticationOutcome.Unknown);
            return AuthenticateResult.Fail(UnknownKey);
        }

        var caller = new Caller(found.Key.Id, found.Key.Name, found.Key.Scope) { Telemetry = decisions };
        usage.Note(caller.KeyId);
        telemetry.Succeeded(span, caller);
        Context.Features.Set(caller);
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, caller.KeyId.Value)], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    /// <inheritdoc />
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var presented = Request.Headers.Authorization.Count > 0;
        if (!presented)
        {
            telemetry.Failed(null, AuthenticationOutcome.Missing);
        }

        await audit.RecordAsync(source.Describe(AuditAction.Authenticate, AuditOutcome.Denied, presented ? UnknownKey : NoKey));
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = presented ? "Bearer error=\"invalid_token\"" : "Bearer";
        await problems.WriteAsync(new ProblemDetailsContext
        {
            HttpContext = Context,
            ProblemDetails =
            {
                Status = StatusCodes.Status401Unauthorized,
                Detail = presented ? "The API key is not valid." : "Send an API key: Authorization: Bearer axv_sk_…",
            },
        });
    }

    private async Task<StoredKey?> FindAsync(byte[] hash, Activity? span)
    {
        var confirmations = Context.Features.Get<Confirmations>();
        if (confirmations is not null && memory.TryFindKey(hash, out var remembered))
        {
            confirmations.Key = remembered.Mark;
            return remembered;
        }

        try
        {
            var found = await keys.FindByHashAsync(hash, Context.RequestAborted);
            memory.SetKey(hash, found);
            return found;
        }
        catch (Exception exception)
        {
            telemetry.Failed(span, exception);
            throw;
        }
    }
}
