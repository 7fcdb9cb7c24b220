using System.Diagnostics;
using System.Security.Claims;
using System.Text.Encodings.Web;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Keys;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Axvault.Api.Authentication;

/// <summary>
/// Authenticates <c>Authorization: Bearer axv_sk_…</c> (RFC 6750 §2.1). The database checks the key of every request. A read or a put may start
/// with a cached key, which the transaction of its audit entry then checks (<see cref="Confirmations"/>). A deleted, changed, rotated or expired key therefore
/// stops at once on every replica. A database fault is an exception and a 503, never a 401.
/// </summary>
internal sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    UrlEncoder encoder,
    CallerFinder callers,
    AuthenticationGate gate,
    KeyUsage usage,
    AuthenticationTelemetry telemetry
)
    // Without a logger: the base class would log each refusal a second time, with less detail than the audit log.
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, NullLoggerFactory.Instance, encoder)
{
    /// <summary>The name of the scheme.</summary>
    public const string SchemeName = "ApiKey";

    private readonly AuthenticationAttempt _attempt = new();

    /// <inheritdoc />
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // An endpoint that needs no key writes no audit entry, so it looks no key up: otherwise a client could try keys there unseen.
        if (!PresentedKey.IsIn(Context) || Context.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>() is null)
        {
            return AuthenticateResult.NoResult();
        }

        _attempt.Reason = AuthenticationAttempt.UnknownKey;
        using var span = AuthenticationTelemetry.Start();
        if (!PresentedKey.TryRead(Context, out var hash))
        {
            return Fail(span, AuthenticationOutcome.Malformed);
        }

        var (caller, verdict) = await FindAsync(hash, span);
        if (_attempt.Limited is not null)
        {
            return Fail(span, AuthenticationOutcome.Limited);
        }

        if (caller is null)
        {
            return Fail(span, AuthenticationOutcome.Unknown);
        }

        if (verdict != KeyVerdict.Allowed)
        {
            (_attempt.Reason, _attempt.Refused) = (AuthenticationAttempt.Describe(verdict, caller.KeyId), caller);
            return Fail(
                span,
                verdict switch
                {
                    KeyVerdict.Elsewhere => AuthenticationOutcome.Address,
                    KeyVerdict.Foreign => AuthenticationOutcome.Unknown,
                    _ => AuthenticationOutcome.Expired,
                }
            );
        }

        usage.Note(caller);
        telemetry.Succeeded(span, caller);
        Context.Features.Set(caller);
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, caller.KeyId.Value)], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    /// <inheritdoc />
    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => gate.RefuseAsync(Context, _attempt);

    private async Task<(Caller? Caller, KeyVerdict Verdict)> FindAsync(byte[] hash, Activity? span)
    {
        try
        {
            return
                await gate.LetsThroughAsync(Context, _attempt, () => callers.IsCached(hash, Context), () => callers.IsStoredAsync(hash, Context))
                ? await callers.FindAsync(hash, Context)
                : default;
        }
        catch (Exception exception)
        {
            telemetry.Failed(span, exception);
            throw;
        }
    }

    // The answer is the same for every reason: the client must not learn that a key exists but is expired or refused from this address.
    private AuthenticateResult Fail(Activity? span, AuthenticationOutcome outcome)
    {
        telemetry.Failed(span, outcome);
        return AuthenticateResult.Fail(AuthenticationAttempt.UnknownKey);
    }
}
