using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Shapes;
using Axvault.Api.Stored;

namespace Axvault.Api.Refresh;

/// <summary>A credential that can be refreshed: its tokens, their provider, and their expiry. A class, because it holds a token.</summary>
internal sealed class RefreshSubject
{
    private RefreshSubject(OpenedCredential credential, CredentialTokens tokens, OAuthProvider? provider) =>
        (Credential, Tokens, Provider) = (credential, tokens, provider);

    /// <summary>The credential.</summary>
    public OpenedCredential Credential { get; }

    /// <summary>Its tokens.</summary>
    public CredentialTokens Tokens { get; }

    /// <summary>The provider that issued them; <see langword="null"/> when it is not configured.</summary>
    public OAuthProvider? Provider { get; }

    /// <summary>The expiry of the access token: as the owner says, else as the data says.</summary>
    public DateTimeOffset? ExpiresAt => Credential.Stored.Metadata.Attributes.ExpiresAt ?? Tokens.ExpiresAt(Credential.Stored.Metadata.UpdatedAt);

    /// <summary>The whole lifetime of the access token: as issued, else as the token or the data says.</summary>
    public TimeSpan? Lifetime => Credential.Stored.Refresh.Lifetime ?? Tokens.Lifetime();

    /// <summary>Returns the refreshable part of <paramref name="credential"/>, or <see langword="null"/> when there is none.</summary>
    public static RefreshSubject? Of(OpenedCredential credential, ProviderCatalog providers)
    {
        var attributes = credential.Stored.Metadata.Attributes;
        return attributes.Type == CredentialType.OAuthCredentials && CredentialTokens.Find(credential.Data, attributes.Provider) is { } tokens
            ? new RefreshSubject(credential, tokens, providers.Find(attributes, tokens))
            : null;
    }

    /// <summary>Returns the decision about the tokens. The provider must be known.</summary>
    public RefreshDecision Decide(RefreshRules rules, RefreshWish wish)
    {
        var (state, leeway, now) = (Credential.Stored.Refresh, Provider?.ReuseLeeway ?? TimeSpan.Zero, Credential.Stored.ReadAt);
        return wish == RefreshWish.WhenDue
            ? RefreshPolicy.Decide(rules, state, ExpiresAt, Lifetime, leeway, now)
            : RefreshPolicy.DecideNow(state, ExpiresAt, leeway, wish == RefreshWish.NowAgain, now);
    }

    /// <summary>Returns the answer for tokens that an earlier failure keeps from being refreshed.</summary>
    public RefreshResult Withheld()
    {
        var state = Credential.Stored.Refresh;
        var failure =
            state.Status == RefreshStatus.Failed ? FailureClass.Permanent
            : state.Status == RefreshStatus.Unknown ? FailureClass.Unknown
            : FailureClass.Transient;
        return RefreshResult.Failed(Credential, failure, state.Error ?? RefreshError.UnexpectedAnswer);
    }
}
