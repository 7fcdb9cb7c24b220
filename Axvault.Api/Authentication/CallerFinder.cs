using System.Security.Cryptography;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Axvault.Api.Http;
using Axvault.Api.Keys;
using Axvault.Api.ReadCache;
using Npgsql;

namespace Axvault.Api.Authentication;

/// <summary>Finds the caller behind a secret, in the read cache or in the database, and judges whether it may use its key.</summary>
internal sealed class CallerFinder(KeyStore keys, SharedLookups lookups, RowCache cache, AuthorizationTelemetry decisions, TimeProvider time)
{
    /// <summary>Returns <see langword="true"/> when the read cache has an allowed key for the secret; otherwise <see langword="false"/>.</summary>
    public bool IsCached(byte[] hash, HttpContext context) => Judge(hash, cache.Peek(hash), context) is (not null, KeyVerdict.Allowed);

    /// <summary>
    /// Returns <see langword="true"/> when the database has an allowed key for the secret, by a lookup shared with others; otherwise <see langword="false"/>.
    /// </summary>
    public async Task<bool> IsStoredAsync(byte[] hash, HttpContext context)
    {
        var found = await lookups.FindAsync(hash, context.RequestAborted);
        if (Judge(hash, found, context) is not (not null, KeyVerdict.Allowed))
        {
            return false;
        }

        cache.SetKey(hash, found);
        return true;
    }

    /// <summary>Returns the caller and the verdict on its key; no caller for an unknown secret.</summary>
    /// <param name="hash">The SHA-256 of the secret.</param>
    /// <param name="context">The request. A key from the read cache is added to its <see cref="Confirmations"/>.</param>
    public async Task<(Caller? Caller, KeyVerdict Verdict)> FindAsync(byte[] hash, HttpContext context)
    {
        // Only an acceptance is confirmed, by the audit entry of the call. So the read cache may accept a request, and only the database may refuse it.
        if (context.GetEndpoint()?.Metadata.GetMetadata<UsesReadCache>() is not null)
        {
            var confirmations = new Confirmations();
            context.Features.Set(confirmations);
            if (cache.TryFindKey(hash, out var cached) && Judge(hash, cached, context) is (not null, KeyVerdict.Allowed) allowed)
            {
                confirmations.Key = cached.Mark;
                return allowed;
            }
        }

        return await LoadAsync(hash, context);
    }

    /// <summary>Authenticates a request that was let through once again, by the rows of the database.</summary>
    /// <returns>The caller, or the attempt that says why there is none.</returns>
    public async Task<(Caller? Caller, AuthenticationAttempt Attempt)> FindAgainAsync(HttpContext context)
    {
        var attempt = new AuthenticationAttempt { IsLetThrough = true, Reason = AuthenticationAttempt.UnknownKey };
        if (!PresentedKey.TryRead(context, out var hash))
        {
            return (null, attempt);
        }

        var (caller, verdict) = await LoadAsync(hash, context);
        if (caller is null || verdict == KeyVerdict.Allowed)
        {
            return (caller, attempt);
        }

        (attempt.Reason, attempt.Refused) = (AuthenticationAttempt.Describe(verdict, caller.KeyId), caller);
        return (null, attempt);
    }

    private async Task<(Caller? Caller, KeyVerdict Verdict)> LoadAsync(byte[] hash, HttpContext context)
    {
        StoredKey? found;
        try
        {
            found = await keys.FindByHashAsync(hash, context.RequestAborted);
        }
        catch (NpgsqlException exception) when (DatabaseFault.IsLostConnection(exception))
        {
            found = await keys.FindByHashAsync(hash, context.RequestAborted);
        }

        if (found?.Fit == RowFit.UnknownKek)
        {
            throw new EnvelopeException(EnvelopeFault.UnknownKek);
        }

        cache.SetKey(hash, found);
        return Judge(hash, found, context);
    }

    // The index finds the row by the hash. The comparisons that decide take the same time for every candidate, found or not.
    private (Caller? Caller, KeyVerdict Verdict) Judge(byte[] hash, StoredKey? found, HttpContext context)
    {
        var isCurrent = CryptographicOperations.FixedTimeEquals(hash, found?.SecretHash ?? new byte[hash.Length]);
        var isPrevious = CryptographicOperations.FixedTimeEquals(hash, found?.PreviousSecretHash ?? new byte[hash.Length]);
        if (found is null || !(isCurrent | isPrevious))
        {
            return default;
        }

        // Nothing of a foreign row is believed. Its id is recorded, so that the row can be found.
        if (found.Key is not { } key)
        {
            return (new Caller(found.Id, found.Id.Value, AccessScope.None) { SecretVersion = 0, Address = ClientAddress.Of(context) }, KeyVerdict.Foreign);
        }

        var caller = new Caller(key.Id, key.Title, key.Scope)
        {
            SecretVersion = isCurrent ? key.Secrets.Version : key.Secrets.Version - 1,
            Rule = key.IssuedBy?.Rule,
            UsesPreviousSecret = !isCurrent,
            Address = ClientAddress.Of(context),
            Telemetry = decisions,
        };
        return (caller, key.Judge(caller.SecretVersion, caller.Address, time.GetUtcNow()));
    }
}
