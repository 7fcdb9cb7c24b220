using System.Text.Json;
using Axvault.Api.Credentials;
using Axvault.Api.Http;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>
/// The tokens in a credential's data: reads them, and writes new ones into their places, with every other byte of the data as it was. Never printed.
/// </summary>
internal sealed class CredentialTokens
{
    // What is assumed of a token whose provider says nothing of its lifetime, now or before: as short as any provider's.
    private static readonly TimeSpan AssumedLifetime = TimeSpan.FromHours(1);

    // A longer life of a token before is a mistake, and might not fit a time.
    private static readonly TimeSpan MostLifetime = TimeSpan.FromDays(3650);

    private readonly CredentialData _data;
    private readonly JsonMap _map;
    private readonly TokenShape _shape;

    private CredentialTokens(CredentialData data, JsonMap map, TokenShape shape, string refreshToken)
    {
        (_data, _map, _shape, RefreshToken) = (data, map, shape, new RefreshToken(refreshToken));
        AccessToken = Text(shape.Container, shape.AccessToken);
    }

    /// <summary>The refresh token.</summary>
    public RefreshToken RefreshToken { get; }

    /// <summary>The shape's name.</summary>
    public string ShapeName => _shape.Name;

    /// <summary>Who issues tokens of this shape, where the shape alone tells.</summary>
    public string? Provider => _shape.Provider;

    private string? AccessToken { get; }

    /// <summary>Finds the tokens in <paramref name="data"/>; <see langword="null"/> when there are none that can be refreshed.</summary>
    /// <param name="data">The data.</param>
    /// <param name="provider">The provider that the credential names.</param>
    public static CredentialTokens? Find(CredentialData data, string? provider)
    {
        ArgumentNullException.ThrowIfNull(data);

        var map = JsonMap.Of(data.Reveal());
        var shape = TokenShapes.Detect(map, provider, (parent, name) => TextAt(data, map, parent, name));
        if (shape is null || TextAt(data, map, shape.Container, shape.RefreshToken) is not { Length: > 0 } refreshToken)
        {
            return null;
        }

        // GitHub Copilot's token as OpenCode keeps it: one token under both names, which never expires and cannot be refreshed.
        var tokens = new CredentialTokens(data, map, shape, refreshToken);
        return tokens.AccessToken == refreshToken && tokens.ExpiresAt(DateTimeOffset.UnixEpoch) is null ? null : tokens;
    }

    /// <summary>When the access token expires, as the data says it or, where it says nothing, the token itself; <see langword="null"/> when neither does.</summary>
    /// <param name="issuedAt">When the data was stored, from which a number of seconds counts.</param>
    public DateTimeOffset? ExpiresAt(DateTimeOffset issuedAt)
    {
        foreach (var field in _shape.Expiries)
        {
            if (_map.TryFind(_shape.Container, field.Name, out var slot) && field.Read(_data.Reveal()[slot.Start..slot.End], issuedAt) is { } expiresAt)
            {
                return expiresAt;
            }
        }

        return AccessToken is null ? null : JwtExpiry.Read(AccessToken);
    }

    /// <summary>How long the access token lives as a whole, where the token or the data tells.</summary>
    public TimeSpan? Lifetime()
    {
        if (AccessToken is not null && JwtExpiry.Read(AccessToken) is { } expiry && JwtExpiry.ReadIssuedAt(AccessToken) is { } issue && expiry > issue)
        {
            return expiry - issue;
        }

        var relative = _shape.Expiries.FirstOrDefault(static field => field.Unit == ExpiryUnit.SecondsFromIssue);
        return relative is not null && _map.TryFind(_shape.Container, relative.Name, out var slot)
            ? relative.Read(_data.Reveal()[slot.Start..slot.End], DateTimeOffset.UnixEpoch) - DateTimeOffset.UnixEpoch
            : null;
    }

    /// <summary>Puts the tokens that a provider issued in the places of the old ones. What it did not send stays.</summary>
    /// <param name="issued">The provider's answer.</param>
    /// <param name="issuedAt">When it was asked for, so that no token is taken for fresher than it is.</param>
    /// <param name="oldExpiry">When the access token before expires, which may be the one that stays.</param>
    /// <param name="lifetime">How long the token before lived, for a provider that does not say.</param>
    public RefreshedTokens Apply(IssuedTokens issued, DateTimeOffset issuedAt, DateTimeOffset? oldExpiry, TimeSpan? lifetime)
    {
        ArgumentNullException.ThrowIfNull(issued);

        var stays = issued.AccessToken is null;
        var expiresAt = Seconds(stays && oldExpiry is { } expiry ? expiry : NextExpiry(issued, issuedAt, lifetime));
        var edits = new JsonEdits(_map);
        if (issued.AccessToken is { } accessToken)
        {
            edits.Set(_shape.Container, _shape.AccessToken, JsonText.Of(accessToken));
        }

        if (issued.RefreshToken is { } refreshToken)
        {
            edits.Set(_shape.Container, _shape.RefreshToken, JsonText.Of(refreshToken));
        }

        if (issued.IdToken is { } idToken && !edits.Replace(_shape.Container, _shape.IdToken, JsonText.Of(idToken)) && _shape.AddsIdToken)
        {
            edits.Set(_shape.Container, _shape.IdToken, JsonText.Of(idToken));
        }

        // A time stays as true as it was; a number of seconds counts from now on.
        foreach (var field in _shape.Expiries.Where(field => !stays || field.Unit == ExpiryUnit.SecondsFromIssue))
        {
            Rewrite(edits, field, expiresAt, issuedAt);
        }

        if (_shape.RefreshTokenExpiry is { } refreshTokenExpiry && issued.RefreshTokenExpiresIn is { } refreshTokenLifetime)
        {
            Rewrite(edits, refreshTokenExpiry, Seconds(issuedAt + refreshTokenLifetime), issuedAt);
        }

        if (_shape.LastRefresh is { } lastRefresh)
        {
            edits.Set(null, lastRefresh, JsonText.Of(Timestamp.ToText(issuedAt)));
        }

        var newLifetime = stays ? lifetime : expiresAt > issuedAt ? expiresAt - issuedAt : (TimeSpan?)null;
        return new RefreshedTokens(CredentialData.FromStored(edits.Apply(_data.Reveal())), expiresAt, newLifetime);
    }

    // What whoever has only the data will read in it: where it has no place for the expiry, the token's own.
    private DateTimeOffset NextExpiry(IssuedTokens issued, DateTimeOffset issuedAt, TimeSpan? lifetime)
    {
        var own = issued.AccessToken is { } token ? JwtExpiry.Read(token) : null;
        return own is { } time && (issued.ExpiresIn is null || !HasExpiry()) ? time
            : issuedAt + (issued.ExpiresIn ?? (lifetime <= MostLifetime ? lifetime.Value : AssumedLifetime));
    }

    private bool HasExpiry() => _shape.Expiries.Any(field => _map.TryFind(_shape.Container, field.Name, out _));

    // Whole seconds: some places hold no more, and all must say the same.
    private static DateTimeOffset Seconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private void Rewrite(JsonEdits edits, ExpiryField field, DateTimeOffset expiresAt, DateTimeOffset issuedAt)
    {
        // An object, a list or a truth value is no place for a time.
        if (_map.TryFind(_shape.Container, field.Name, out var slot) && slot.Kind is JsonTokenType.Number or JsonTokenType.String or JsonTokenType.Null)
        {
            edits.Replace(_shape.Container, field.Name, field.Write(_data.Reveal()[slot.Start..slot.End], expiresAt, issuedAt));
        }
    }

    private string? Text(string? parent, string name) => TextAt(_data, _map, parent, name);

    private static string? TextAt(CredentialData data, JsonMap map, string? parent, string name)
    {
        if (!map.TryFind(parent, name, out var slot) || slot.Kind != JsonTokenType.String)
        {
            return null;
        }

        var reader = new Utf8JsonReader(data.Reveal()[slot.Start..slot.End]);
        reader.Read();
        return JsonMap.TextOf(ref reader);
    }
}
