namespace Axvault.Client.Tokens;

/// <summary>An access token in memory.</summary>
internal sealed class AccessToken
{
    // A change in the vault is seen after this time at the latest.
    private static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    // The vault refreshes a token earlier than this, so a token that is nearer to its end is read again.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(5);

    // While the vault cannot refresh a token that ends soon, it is asked this often.
    private static readonly TimeSpan MinAge = TimeSpan.FromSeconds(10);

    private readonly DateTimeOffset _readAt;
    private readonly DateTimeOffset? _expiresAt;

    private AccessToken(string secret, DateTimeOffset readAt, DateTimeOffset? expiresAt) => (Secret, _readAt, _expiresAt) = (secret, readAt, expiresAt);

    /// <summary>The token.</summary>
    public string Secret { get; }

    /// <summary>Returns the token of <paramref name="credential"/>, read at <paramref name="now"/>.</summary>
    public static AccessToken Of(OpenedCredential credential, DateTimeOffset now) => new(credential.RevealAccessToken(), now, credential.FindExpiry());

    /// <summary>Returns <see langword="true"/> when the token needs no new read; otherwise <see langword="false"/>.</summary>
    public bool IsFresh(DateTimeOffset now) => now - _readAt < (_expiresAt - now < Margin ? MinAge : MaxAge);

    /// <summary>Returns <see langword="true"/> when the token has not expired; otherwise <see langword="false"/>.</summary>
    public bool IsAlive(DateTimeOffset now) => _expiresAt is not { } end || now < end;
}
