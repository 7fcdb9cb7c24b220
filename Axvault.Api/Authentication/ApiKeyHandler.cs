using System.Diagnostics;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Confirmation;
using Axvault.Api.Http;
using Axvault.Api.Keys;
using Axvault.Api.RateLimits;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Axvault.Api.Authentication;

/// <summary>
/// Authenticates <c>Authorization: Bearer axv_sk_…</c> (RFC 6750 §2.1) against the database at every request, before the call or, for a read or a put of a
/// credential, in the transaction that records it (<see cref="Confirmations"/>): a key that was deleted, has expired, was bound to other networks or got another secret stops at once on every replica. A database that does not answer is a 503 by the exception it throws, never a 401.
/// </summary>
internal sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    UrlEncoder encoder,
    KeyStore keys,
    RowMemory memory,
    KeyUsage usage,
    Limits limits,
    RateLimitAnswer limited,
    AuditLog audit,
    AuditSource source,
    AuthenticationTelemetry telemetry,
    AuthorizationTelemetry decisions,
    TimeProvider time,
    IProblemDetailsService problems)
    // Without a logger: the base class would log each refusal a second time, and less well than the audit log does.
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, NullLoggerFactory.Instance, encoder)
{
    /// <summary>The name of the scheme.</summary>
    public const string SchemeName = "ApiKey";

    private const string NoKey = "no API key was sent";
    private const string UnknownKey = "the API key is not known";
    private const string NotAsked = "too many authentications have failed";

    private bool _isLetThrough;
    private Refusal? _refusal;

    // Why the key of the request was refused, and whose it is: for the audit log alone.
    private string _reason = NoKey;
    private Caller? _refused;

    private ClientOrigin Origin => ClientOrigin.Of(Context.Connection.RemoteIpAddress);

    /// <inheritdoc />
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // Where no key is needed none is looked for: nobody tries keys without a trace.
        if (Request.Headers.Authorization.Count == 0 || Context.GetEndpoint()?.Metadata.GetMetadata<IAuthorizeData>() is null)
        {
            return AuthenticateResult.NoResult();
        }

        _reason = UnknownKey;
        using var span = AuthenticationTelemetry.Start();
        if (!BearerToken.TryRead(Request.Headers.Authorization, out var secret))
        {
            telemetry.Failed(span, AuthenticationOutcome.Malformed);
            return AuthenticateResult.Fail(UnknownKey);
        }

        var hash = secret.Hash();
        if (!LetsThrough(hash))
        {
            telemetry.Failed(span, AuthenticationOutcome.Limited);
            return AuthenticateResult.Fail(NotAsked);
        }

        var (caller, verdict) = await FindCallerAsync(hash, span);
        if (caller is null)
        {
            telemetry.Failed(span, AuthenticationOutcome.Unknown);
            return AuthenticateResult.Fail(UnknownKey);
        }

        if (verdict != KeyVerdict.Allowed)
        {
            // Whoever has a key that is of no use does not learn that it is one.
            (_reason, _refused) = (Describe(verdict, caller.KeyId), caller);
            telemetry.Failed(span, verdict == KeyVerdict.Elsewhere ? AuthenticationOutcome.Address : AuthenticationOutcome.Expired);
            return AuthenticateResult.Fail(UnknownKey);
        }

        usage.Note(caller);
        telemetry.Succeeded(span, caller);
        Context.Features.Set(caller);
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, caller.KeyId.Value)], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    /// <inheritdoc />
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        // What needed no look at the database is limited all the same: each refusal is written to it.
        if (!_isLetThrough && _refusal is null && !limits.Failures.TryEnter(Origin, out var refusal))
        {
            _refusal = refusal;
        }

        if (_refusal is { } refused)
        {
            await limited.GiveAsync(Context, LimitKind.Authentication, refused);
            return;
        }

        limits.Failures.Fail(Origin);
        var presented = Request.Headers.Authorization.Count > 0;
        if (!presented)
        {
            telemetry.Failed(null, AuthenticationOutcome.Missing);
        }

        await audit.RecordAsync(source.Describe(AuditAction.Authenticate, AuditOutcome.Denied, _reason, caller: _refused));
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

    private static string Describe(KeyVerdict verdict, KeyId key) => verdict switch
    {
        KeyVerdict.Expired => $"the API key {key} has expired",
        KeyVerdict.Elsewhere => $"the API key {key} may not be used from this address",
        _ => $"that of the API key {key} has stopped",
    };

    // A key that is remembered may be somebody else's who shares the address with one that fails. It is confirmed, as ever. One that would be refused is limited
    // like one that nobody knows: or the limit would tell a thief that the secret is right.
    private bool LetsThrough(byte[] hash)
    {
        if (!limits.Failures.IsWatched(Origin) || Judge(hash, memory.Peek(hash)) is (not null, KeyVerdict.Allowed) || limits.Failures.TryEnter(Origin, out var refusal))
        {
            return _isLetThrough = true;
        }

        _refusal = refusal;
        return false;
    }

    // A refusal is confirmed by no audit entry: what is remembered may let a request in, and what is stored alone may turn it away.
    private async Task<(Caller? Caller, KeyVerdict Verdict)> FindCallerAsync(byte[] hash, Activity? span)
    {
        var confirmations = Context.Features.Get<Confirmations>();
        if (confirmations is not null && memory.TryFindKey(hash, out var remembered) && Judge(hash, remembered) is (not null, KeyVerdict.Allowed) allowed)
        {
            confirmations.Key = remembered.Mark;
            return allowed;
        }

        try
        {
            var found = await keys.FindByHashAsync(hash, Context.RequestAborted);
            memory.SetKey(hash, found);
            return Judge(hash, found);
        }
        catch (Exception exception)
        {
            telemetry.Failed(span, exception);
            throw;
        }
    }

    // The index finds the row by the hash; the compares that decide take the same time for every candidate, found or not.
    private (Caller? Caller, KeyVerdict Verdict) Judge(byte[] hash, StoredKey? found)
    {
        var isCurrent = CryptographicOperations.FixedTimeEquals(hash, found?.SecretHash ?? new byte[hash.Length]);
        var isPrevious = CryptographicOperations.FixedTimeEquals(hash, found?.PreviousSecretHash ?? new byte[hash.Length]);
        if (found is null || !(isCurrent | isPrevious))
        {
            return default;
        }

        var key = found.Key;
        var caller = new Caller(key.Id, key.Name, key.Scope)
        {
            SecretVersion = isCurrent ? key.Secrets.Version : key.Secrets.Version - 1,
            UsesPreviousSecret = !isCurrent,
            Address = ClientAddress.Of(Context),
            Telemetry = decisions,
        };
        return (caller, key.Judge(caller.SecretVersion, caller.Address, time.GetUtcNow()));
    }
}
