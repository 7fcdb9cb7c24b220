using System.Text.Json;
using Axvault.Api.Http;
using Axvault.Api.Stored;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>
/// The tokens in a credential's data. New tokens are written into the places of the old ones, and every other byte of the data stays. Never printed.
/// </summary>
internal sealed class CredentialTokens
{
    // The lifetime when neither the provider nor the old tokens state one: as short as that of any provider.
    private static readonly TimeSpan AssumedLifetime = TimeSpan.FromHours(1);

    // A longer lifetime is a mistake, and might not fit a time.
    private static readonly TimeSpan MostLifetime = TimeSpan.FromDays(3650);

    private readonly CredentialData _data;
    private readonly JsonMap _map;
    private readonly TokenShape _shape;
    private readonly List<ExpiryField> _expiries;
    private readonly ExpiryField? _createdAt;

    private CredentialTokens(CredentialData data, JsonMap map, TokenShape shape, string refreshToken)
    {
        (_data, _map, _shape, RefreshToken) = (data, map, shape, new RefreshToken(refreshToken));
        AccessToken = Text(shape.Container, shape.AccessToken);
        // A boolean, such as "expired": false, is not a time.
        _expiries =
        [
            .. shape
                .Expiries.Concat(TokenShapes.CommonExpiries)
                .DistinctBy(static field => field.Name)
                .Where(field => map.TryFind(shape.Container, field.Name, out var slot) && slot.Kind is not (JsonTokenType.True or JsonTokenType.False)),
        ];
        _createdAt =
            _expiries.Exists(static field => field.Unit == ExpiryUnit.SecondsFromIssue) && map.TryFind(shape.Container, TokenShapes.CreatedAt.Name, out _)
                ? TokenShapes.CreatedAt
                : null;
    }

    /// <summary>The refresh token.</summary>
    public RefreshToken RefreshToken { get; }

    /// <summary>The shape's name.</summary>
    public string ShapeName => _shape.Name;

    /// <summary>The shape.</summary>
    public TokenShape Shape => _shape;

    /// <summary>The provider of tokens of this shape when the owner names none.</summary>
    public string? Provider => _shape.Provider;

    /// <summary><see langword="true"/> when the data says that the access token does not expire; otherwise <see langword="false"/>.</summary>
    public bool NeverExpires => _shape.ZeroNeverExpires && _shape.Expiries.Any(_expiries.Contains);

    /// <summary>
    /// <see langword="true"/> when a member that says the expiry has a form that a refresh could not write; otherwise <see langword="false"/>.
    /// </summary>
    public bool HasUnreadableExpiry =>
        _expiries.Exists(member => !member.IsUnderstood(Json(member))) || (_createdAt is { } createdAt && !createdAt.IsUnderstood(Json(createdAt)));

    private string? AccessToken { get; }

    /// <summary>Returns the tokens in <paramref name="data"/>, or <see langword="null"/> when it has none that can be refreshed.</summary>
    /// <param name="data">The data.</param>
    /// <param name="provider">The provider that the credential names.</param>
    public static CredentialTokens? Find(CredentialData data, string? provider)
    {
        var map = JsonMap.Of(data.Reveal());
        var shape = TokenShapes.Detect(map, provider, (parent, name) => TextAt(data, map, parent, name));
        if (shape is null || TextAt(data, map, shape.Container, shape.RefreshToken) is not { Length: > 0 } refreshToken)
        {
            return null;
        }

        // GitHub Copilot in OpenCode: one token under both names. It never expires and cannot be refreshed.
        var tokens = new CredentialTokens(data, map, shape, refreshToken);
        return tokens.AccessToken == refreshToken && tokens.ExpiresAt(DateTimeOffset.UnixEpoch) is null ? null : tokens;
    }

    /// <summary>Returns the expiry of the access token: as the data says, else as the token says, else <see langword="null"/>.</summary>
    /// <param name="issuedAt">The time at which the data was stored. A lifetime in seconds counts from it.</param>
    public DateTimeOffset? ExpiresAt(DateTimeOffset issuedAt)
    {
        var issue = _createdAt?.Read(Json(_createdAt), issuedAt) ?? issuedAt;
        return _expiries.Select(field => field.Read(Json(field), issue)).FirstOrDefault(static time => time is not null)
            ?? (AccessToken is null ? null : JwtExpiry.Read(AccessToken));
    }

    /// <summary>The whole lifetime of the access token, when the token or the data says it.</summary>
    public TimeSpan? Lifetime()
    {
        if (AccessToken is not null && JwtExpiry.Read(AccessToken) is { } expiry && JwtExpiry.ReadIssuedAt(AccessToken) is { } issue && expiry > issue)
        {
            return expiry - issue;
        }

        return _expiries.Find(static field => field.Unit == ExpiryUnit.SecondsFromIssue) is { } relative
            ? relative.Read(Json(relative), DateTimeOffset.UnixEpoch) - DateTimeOffset.UnixEpoch
            : null;
    }

    /// <summary>Writes the issued tokens into the places of the old ones. Tokens that the provider did not send stay.</summary>
    /// <param name="issued">The provider's answer.</param>
    /// <param name="issuedAt">The time of the request, so that no token counts as fresher than it is.</param>
    /// <param name="oldExpiry">The expiry of the old access token, which may be the one that stays.</param>
    /// <param name="lifetime">The lifetime of the old access token, for a provider that does not say one.</param>
    public RefreshedTokens Apply(IssuedTokens issued, DateTimeOffset issuedAt, DateTimeOffset? oldExpiry, TimeSpan? lifetime)
    {
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

        // A point in time stays true. A number of seconds counts from now on.
        foreach (var field in _expiries.Where(field => !stays || field.Unit == ExpiryUnit.SecondsFromIssue))
        {
            Rewrite(edits, field, expiresAt, issuedAt);
        }

        if (_createdAt is { } createdAt)
        {
            Rewrite(edits, createdAt, issuedAt, issuedAt);
        }

        if (_shape.RefreshTokenExpiry is { } refreshTokenExpiry && issued.RefreshTokenExpiresIn is { } refreshTokenLifetime)
        {
            Rewrite(edits, refreshTokenExpiry, Seconds(issuedAt + refreshTokenLifetime), issuedAt);
        }

        if (_shape.LastRefresh is { } lastRefresh)
        {
            edits.Set(null, lastRefresh, JsonText.Of(Timestamp.ToText(issuedAt)));
        }

        var newLifetime =
            stays ? lifetime
            : expiresAt > issuedAt ? expiresAt - issuedAt
            : (TimeSpan?)null;
        return new RefreshedTokens(CredentialData.FromStored(edits.Apply(_data.Reveal())), expiresAt, newLifetime);
    }

    // The earliest that the answer and the token itself say: served longer, the token would be dead.
    private static DateTimeOffset NextExpiry(IssuedTokens issued, DateTimeOffset issuedAt, TimeSpan? lifetime)
    {
        DateTimeOffset?[] said = [issuedAt + issued.ExpiresIn, issued.ExpiresAt, issued.AccessToken is { } token ? JwtExpiry.Read(token) : null];
        var expiresAt = said.Min() ?? issuedAt + (lifetime < MostLifetime ? lifetime.Value : lifetime is null ? AssumedLifetime : MostLifetime);
        return expiresAt < issuedAt + MostLifetime ? expiresAt : issuedAt + MostLifetime;
    }

    // Whole seconds: some places hold no more, and all places must agree.
    private static DateTimeOffset Seconds(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private void Rewrite(JsonEdits edits, ExpiryField field, DateTimeOffset expiresAt, DateTimeOffset issuedAt)
    {
        if (_map.TryFind(_shape.Container, field.Name, out _) && field.IsUnderstood(Json(field)))
        {
            edits.Replace(_shape.Container, field.Name, field.Write(Json(field), expiresAt, issuedAt));
        }
    }

    private ReadOnlySpan<byte> Json(ExpiryField field) =>
        _map.TryFind(_shape.Container, field.Name, out var slot) ? _data.Reveal()[slot.Start..slot.End] : default;

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
