using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Refresh;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Microsoft.AspNetCore.WebUtilities;

namespace Axvault.Api.Credentials.Login;

/// <summary>
/// Logs a person in at a provider, and stores the tokens as a new version of a credential, in the shape of the present one. Nothing is kept between the calls.
/// </summary>
internal sealed class CredentialLogin(
    LoginSubjects subjects,
    LoginWriter writer,
    UsedLoginStore used,
    TokenClient client,
    RefreshOptions options,
    LoginSeal seal,
    TimeProvider time
)
{
    private const int SecretBytes = 32;
    private const int SlowDownSeconds = 5;

    private static readonly TimeSpan PasteLife = TimeSpan.FromMinutes(10);

    /// <summary>Returns the ways to a new login; <see langword="null"/> when there is no credential <paramref name="name"/>.</summary>
    public async Task<LoginWaysResponse?> FindWaysAsync(CredentialName name, CancellationToken cancellationToken)
    {
        return await subjects.FindAsync(name, cancellationToken) is (_, var subject)
            ? new LoginWaysResponse(subject?.Provider?.Name, FlowsOf(subject))
            : null;
    }

    /// <summary>Begins a login.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="wanted">The flow; <see langword="null"/> for the first one that is possible.</param>
    /// <param name="key">The key that may finish the login.</param>
    /// <param name="cancellationToken">Ends the read of the credential.</param>
    public async Task<LoginResult> BeginAsync(CredentialName name, string? wanted, KeyId key, CancellationToken cancellationToken)
    {
        if (await subjects.FindAsync(name, cancellationToken) is not (_, var subject))
        {
            return LoginResult.Gone;
        }

        var flows = FlowsOf(subject);
        if ((wanted ?? (flows.Count > 0 ? flows[0] : null)) is not { } flow || !flows.Contains(flow))
        {
            return new LoginResult { Obstacle = ExplainMissing(subject, wanted) };
        }

        return flow == LoginFlow.Device ? await BeginDeviceAsync(subject!.Provider!, key, name) : BeginPaste(subject!.Provider!, key, name);
    }

    /// <summary>Finishes a login: exchanges its code for tokens, and puts them.</summary>
    /// <param name="name">The credential.</param>
    /// <param name="request">The login, and what the person pasted.</param>
    /// <param name="caller">The key of the call.</param>
    /// <param name="trail">The audit entry.</param>
    /// <param name="cancellationToken">Ends the read of the credential. From the exchange on nothing is cancelled, because the code is spent.</param>
    /// <exception cref="RefreshTokenTakenException">The refresh token is held by another credential.</exception>
    public async Task<LoginResult> FinishAsync(
        CredentialName name,
        FinishLoginRequest request,
        Caller caller,
        AuditTrail trail,
        CancellationToken cancellationToken
    )
    {
        if (await subjects.FindAsync(name, cancellationToken) is not (_, var subject))
        {
            return LoginResult.Gone;
        }

        if (seal.Open(request.Login ?? "", caller.KeyId, name) is not { } login || login.ExpiresAt <= time.GetUtcNow())
        {
            return Invalid("login", "is over, or not one that this key began for this credential: begin again");
        }

        if (subject is not { Obstacle: null, Provider: { } provider } || provider.Name != login.Provider)
        {
            return new LoginResult { Obstacle = "The credential or the server's settings name another provider than when the login began. Begin again." };
        }

        if (login.DeviceCode is { } deviceCode)
        {
            return await ExchangeAsync(name, provider, TokenGrant.OfDevice(deviceCode), login, caller, trail);
        }

        if (PastedAnswer.Read(request.Answer?.Trim() ?? "", login.State!) is not { } answer)
        {
            return Invalid("answer", PastedAnswer.Rule);
        }

        if (answer.Code is not { } code || provider.RedirectUrl is not { } redirectUrl)
        {
            return answer.Error is { } error ? new LoginResult { Error = error } : new LoginResult { Obstacle = ExplainMissing(null, LoginFlow.Paste) };
        }

        // A provider that gets a code twice may revoke the tokens that it gave for it (RFC 6749 §4.1.2).
        return await used.TryUseAsync(login.State!, login.ExpiresAt, cancellationToken)
            ? await ExchangeAsync(name, provider, TokenGrant.OfCode(code, login.Verifier!, redirectUrl), login, caller, trail)
            : Invalid("login", "was finished before: begin again if the credential does not have the new tokens");
    }

    private static IReadOnlyList<string> FlowsOf(RefreshSubject? subject) =>
        subject is { Obstacle: null, Provider: { } provider }
            ? [.. provider.DeviceUrl is null ? [] : (string[])[LoginFlow.Device], .. provider.AuthorizeUrl is null ? [] : (string[])[LoginFlow.Paste]]
            : [];

    private static string ExplainMissing(RefreshSubject? subject, string? wanted) =>
        subject is null ? "The credential has no tokens that a login could replace. Put a new one."
        : subject.Obstacle is not null ? $"No login is possible: {RefreshObstacles.Explain(subject)}."
        : $"The server's settings allow no{(wanted is null ? "" : $" {wanted}")} login at {subject.Provider!.Name}. "
            + $"Log in with the agent and put its file. Or set AXVAULT_OAUTH_{ProviderName.ToVariable(subject.Provider.Name)}_DEVICE_URL or _AUTHORIZE_URL.";

    private async Task<LoginResult> BeginDeviceAsync(OAuthProvider provider, KeyId key, CredentialName name)
    {
        var now = time.GetUtcNow();
        var (issued, error) = await client.AuthorizeDeviceAsync(provider, provider.DeviceUrl!, options.Timeout);
        if (issued is null)
        {
            return new LoginResult { Error = error };
        }

        var interval = (int)Math.Ceiling(issued.Interval.TotalSeconds);
        var login = new BegunLogin
        {
            Provider = provider.Name,
            ExpiresAt = now + issued.ExpiresIn,
            DeviceCode = issued.DeviceCode,
            Interval = interval,
        };
        return new LoginResult
        {
            Begun = new LoginResponse
            {
                Flow = LoginFlow.Device,
                Login = seal.Seal(login, key, name),
                ExpiresAt = login.ExpiresAt,
                VerificationUri = issued.VerificationUri.AbsoluteUri,
                VerificationUriComplete = issued.VerificationUriComplete?.AbsoluteUri,
                UserCode = issued.UserCode,
                Interval = interval,
            },
        };
    }

    private LoginResult BeginPaste(OAuthProvider provider, KeyId key, CredentialName name)
    {
        var login = new BegunLogin
        {
            Provider = provider.Name,
            ExpiresAt = time.GetUtcNow() + PasteLife,
            State = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)),
            Verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes)),
        };
        Dictionary<string, string?> query = new()
        {
            ["response_type"] = "code",
            ["client_id"] = provider.ClientId,
            ["redirect_uri"] = provider.RedirectUrl!.OriginalString,
            ["scope"] = provider.Scope,
            ["state"] = login.State,
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(login.Verifier))),
            ["code_challenge_method"] = "S256",
        };
        return new LoginResult
        {
            Begun = new LoginResponse
            {
                Flow = LoginFlow.Paste,
                Login = seal.Seal(login, key, name),
                ExpiresAt = login.ExpiresAt,
                AuthorizationUri = QueryHelpers.AddQueryString(provider.AuthorizeUrl!.AbsoluteUri, query.Where(static member => member.Value is not null)),
            },
        };
    }

    private async Task<LoginResult> ExchangeAsync(
        CredentialName name,
        OAuthProvider provider,
        TokenGrant grant,
        BegunLogin login,
        Caller caller,
        AuditTrail trail
    )
    {
        var requestedAt = time.GetUtcNow();
        var result = await client.RequestAsync(provider, grant, options.Timeout);
        if (result.Issued is not { } issued)
        {
            return login.DeviceCode is null ? Failed()
                : result.Error == RefreshError.AuthorizationPending ? Pending(login)
                : result.Error == RefreshError.SlowDown ? Pending(login.WithInterval(login.Interval + SlowDownSeconds))
                : result.IsUndecided ? Pending(login.WithInterval(login.Interval + SlowDownSeconds)) with { Reason = result.Reason }
                : Failed();
        }

        if (issued.AccessToken is null || issued.RefreshToken is null)
        {
            return new LoginResult { Error = issued.AccessToken is null ? RefreshError.UnexpectedAnswer : RefreshError.NoRefreshToken };
        }

        trail.Reason = provider.Name;
        return await writer.StoreAsync(name, provider, issued, requestedAt, caller, trail);

        LoginResult Failed() => new() { Error = result.Error, Reason = result.Reason };

        // The raised interval holds for all later requests (RFC 8628 §3.5), so it travels in the login.
        LoginResult Pending(BegunLogin next) => new() { Interval = next.Interval, Login = seal.Seal(next, caller.KeyId, name) };
    }

    private static LoginResult Invalid(string field, string rule) => new() { Invalid = (field, rule) };
}
