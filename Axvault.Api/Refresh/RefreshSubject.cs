using System.Security.Cryptography;
using System.Text;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Stored;

namespace Axvault.Api.Refresh;

/// <summary>A credential that can be refreshed: its tokens, their provider, and their expiry. A class, because it holds a token.</summary>
internal sealed class RefreshSubject
{
    private const int HashLength = 16;

    private RefreshSubject(OpenedCredential credential, CredentialTokens tokens, ProviderChoice choice) =>
        (Credential, Tokens, Provider, Obstacle) = (
            credential,
            tokens,
            choice.Provider,
            choice.Error
                ?? (
                    choice.Provider?.MissingSetting is not null ? RefreshError.NotConfigured
                    : tokens.HasUnreadableExpiry ? RefreshError.UnreadableExpiry
                    : null
                )
        );

    /// <summary>The credential.</summary>
    public OpenedCredential Credential { get; }

    /// <summary>Its tokens.</summary>
    public CredentialTokens Tokens { get; }

    /// <summary>The provider that issued them; <see langword="null"/> when it is not known for certain.</summary>
    public OAuthProvider? Provider { get; }

    /// <summary>
    /// The reason for which nothing can be sent, one of the codes in <see cref="RefreshError"/>; <see langword="null"/> when the provider can be asked.
    /// </summary>
    public string? Obstacle { get; }

    /// <summary>The expiry of the access token: as the owner says, else as the data says.</summary>
    public DateTimeOffset? ExpiresAt => Credential.Stored.Metadata.Attributes.ExpiresAt ?? Tokens.ExpiresAt(Credential.Stored.Metadata.UpdatedAt);

    /// <summary><see langword="true"/> when the tokens should expire, and nothing says when; otherwise <see langword="false"/>.</summary>
    public bool HasUnknownExpiry => ExpiresAt is null && !Tokens.NeverExpires;

    /// <summary>The whole lifetime of the access token: as issued, else as the token or the data says.</summary>
    public TimeSpan? Lifetime => Credential.Stored.Refresh.Lifetime ?? Tokens.Lifetime();

    /// <summary>Returns the refreshable part of <paramref name="credential"/>, or <see langword="null"/> when there is none.</summary>
    public static RefreshSubject? Of(OpenedCredential credential, ProviderCatalog providers)
    {
        var attributes = credential.Stored.Metadata.Attributes;
        return attributes.Type == CredentialType.OAuthCredentials && CredentialTokens.Find(credential.Data, attributes.Provider) is { } tokens
            ? new RefreshSubject(credential, tokens, providers.Choose(attributes, tokens.Shape))
            : null;
    }

    /// <summary>Returns the decision about the tokens. The provider must be known.</summary>
    public RefreshDecision Decide(RefreshRules rules, RefreshWish wish)
    {
        var (state, leeway, now) = (Credential.Stored.Refresh, Provider?.ReuseLeeway ?? TimeSpan.Zero, Credential.Stored.ReadAt);
        return wish == RefreshWish.WhenDue
            ? RefreshPolicy.Decide(rules, state, ExpiresAt, Lifetime, leeway, now, AreSettingsRefused())
            : RefreshPolicy.DecideNow(state, ExpiresAt, leeway, wish == RefreshWish.NowAgain, now);
    }

    /// <summary>Returns a hash of the provider's settings. Its key is the refresh token, so it tells nothing to a reader of the database.</summary>
    public byte[] HashSettings() => HMACSHA256.HashData(Encoding.UTF8.GetBytes(Tokens.RefreshToken.Reveal()), Provider!.Describe())[..HashLength];

    /// <summary>Returns the credential with the reason in its metadata for which nothing was sent, or its expiry is not known.</summary>
    public OpenedCredential Explained()
    {
        var stored = Credential.Stored;
        var state =
            Obstacle is null ? stored.Refresh with { Status = RefreshStatus.Unknown, Error = RefreshError.UnknownExpiry }
            : Obstacle == RefreshError.UnreadableExpiry ? stored.Refresh with { Status = RefreshStatus.Unknown, Error = Obstacle }
            : Obstacle == RefreshError.ContradictingProvider ? stored.Refresh with { Status = RefreshStatus.Misconfigured, Error = Obstacle }
            : stored.Refresh with { Status = RefreshStatus.NotConfigured, Error = Obstacle };
        return new OpenedCredential(stored with { Metadata = stored.Metadata with { Refresh = state with { NextAttemptAt = null } } }, Credential.Data);
    }

    private bool AreSettingsRefused() =>
        Obstacle is null
        && Credential.Stored.Refresh is { Status: { } status, RefusedSettings: { Count: > 0 } refused }
        && status == RefreshStatus.Misconfigured
        && refused.Contains(Convert.ToHexString(HashSettings()));

    /// <summary>Returns the answer for tokens that an earlier failure keeps from being refreshed.</summary>
    public RefreshResult Withheld()
    {
        var state = Credential.Stored.Refresh;
        var failure =
            state.Status == RefreshStatus.Failed ? FailureClass.Permanent
            : state.Status == RefreshStatus.Misconfigured ? FailureClass.Misconfigured
            : state.Status == RefreshStatus.Unknown ? FailureClass.Unknown
            : FailureClass.Transient;
        return RefreshResult.Failed(Credential, failure, state.Error ?? RefreshError.UnexpectedAnswer);
    }
}
