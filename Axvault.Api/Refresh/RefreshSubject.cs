using Axvault.Api.Credentials;
using Axvault.Api.Refresh.Grants;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Refresh.Shapes;

namespace Axvault.Api.Refresh;

/// <summary>A credential that can be refreshed: its tokens, who issued them, and when they expire. A class, for it holds a token.</summary>
internal sealed class RefreshSubject
{
    private RefreshSubject(OpenedCredential credential, CredentialTokens tokens, OAuthProvider? provider) =>
        (Credential, Tokens, Provider) = (credential, tokens, provider);

    /// <summary>The credential.</summary>
    public OpenedCredential Credential { get; }

    /// <summary>Its tokens.</summary>
    public CredentialTokens Tokens { get; }

    /// <summary>Who issued them; <see langword="null"/> for one that is not configured.</summary>
    public OAuthProvider? Provider { get; }

    /// <summary>When the access token expires: as the owner says, else as the data does.</summary>
    public DateTimeOffset? ExpiresAt => Credential.Stored.Metadata.Attributes.ExpiresAt ?? Tokens.ExpiresAt(Credential.Stored.Metadata.UpdatedAt);

    /// <summary>How long it lives as a whole: as it was issued, else as the token or the data tells.</summary>
    public TimeSpan? Lifetime => Credential.Stored.Refresh.Lifetime ?? Tokens.Lifetime();

    /// <summary>Looks for what can be refreshed in <paramref name="credential"/>; <see langword="null"/> when there is nothing.</summary>
    public static RefreshSubject? Of(OpenedCredential credential, ProviderCatalog providers)
    {
        ArgumentNullException.ThrowIfNull(credential);
        ArgumentNullException.ThrowIfNull(providers);

        var attributes = credential.Stored.Metadata.Attributes;
        return attributes.Type == CredentialType.OAuthCredentials && CredentialTokens.Find(credential.Data, attributes.Provider) is { } tokens
            ? new RefreshSubject(credential, tokens, providers.Find(attributes, tokens))
            : null;
    }

    /// <summary>What to do about the tokens. The provider must be known.</summary>
    public RefreshDecision Decide(RefreshRules rules, RefreshWish wish)
    {
        var (state, leeway, now) = (Credential.Stored.Refresh, Provider?.ReuseLeeway ?? TimeSpan.Zero, Credential.Stored.ReadAt);
        return wish == RefreshWish.WhenDue
            ? RefreshPolicy.Decide(rules, state, ExpiresAt, Lifetime, leeway, now)
            : RefreshPolicy.DecideNow(state, ExpiresAt, leeway, wish == RefreshWish.NowAgain, now);
    }

    /// <summary>The answer for tokens that are left alone because of what happened before.</summary>
    public RefreshResult Withheld()
    {
        var state = Credential.Stored.Refresh;
        var failure = state.Status == RefreshStatus.Failed ? FailureClass.Permanent
            : state.Status == RefreshStatus.Unknown ? FailureClass.Unknown
            : FailureClass.Transient;
        return RefreshResult.Failed(Credential, failure, state.Error ?? RefreshError.UnexpectedAnswer);
    }
}
