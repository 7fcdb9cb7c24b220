using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Axvault.Api.Keys;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Api.Credentials.Login;

/// <summary>Stores the tokens of a login as a new version of its credential, in the shape of the present one.</summary>
internal sealed class LoginWriter(LoginSubjects subjects, CredentialWriter writer, KeyStore keys, TimeProvider time)
{
    // The put is conditional on the version whose shape it takes. A put or refresh in between is met by another attempt.
    private const int MaxPuts = 5;

    /// <summary>Stores tokens. Nothing is cancelled, because the code is spent.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="provider">The provider that issued the tokens.</param>
    /// <param name="issued">The tokens.</param>
    /// <param name="requestedAt">The time at which they were asked for.</param>
    /// <param name="caller">The key of the call.</param>
    /// <param name="trail">The audit entry.</param>
    /// <exception cref="RefreshTokenTakenException">The refresh token is held by another credential.</exception>
    public async Task<LoginResult> StoreAsync(
        CredentialName name,
        OAuthProvider provider,
        IssuedTokens issued,
        DateTimeOffset requestedAt,
        Caller caller,
        AuditTrail trail
    )
    {
        for (var put = 0; put < MaxPuts; put++)
        {
            // The provider may have taken its time. A key that was deleted or narrowed meanwhile, on any server, stores nothing.
            if (!await MayStillWriteAsync(caller, name))
            {
                return new LoginResult { IsForbidden = true };
            }

            if (await subjects.FindAsync(name, CancellationToken.None) is not { } found)
            {
                return LoginResult.Gone;
            }

            if (found.Tokens is not { } tokens || tokens.Provider?.Name != provider.Name)
            {
                break;
            }

            var stored = found.Credential.Stored;
            var renewed = tokens.Tokens.Apply(issued, requestedAt, oldExpiry: null, lifetime: null);
            Preconditions.TryParse(stored.Tag.ToString(), null, [], out var isUnchanged);
            var attributes = stored.Metadata.Attributes with { ExpiresAt = renewed.ExpiresAt };
            if (await writer.PutAsync(name, attributes, renewed.Data, isUnchanged!, false, trail, CancellationToken.None) is { } made)
            {
                return new LoginResult { Stored = made };
            }
        }

        return new LoginResult { Obstacle = "The credential changes too often, or is another one now. Nothing was stored: log in again." };
    }

    private async Task<bool> MayStillWriteAsync(Caller caller, CredentialName name) =>
        (await keys.FindAsync(caller.KeyId, CancellationToken.None))?.Key is { } key
        && key.Judge(caller.SecretVersion, caller.Address, time.GetUtcNow()) == KeyVerdict.Allowed
        && key.Scope.Write.Covers(name);
}
