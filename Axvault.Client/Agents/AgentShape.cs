using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Axvault.Client.Agents;

/// <summary>The places of tokens and times in the forms of the agents.</summary>
internal static class AgentShape
{
    // Above this, a number is in milliseconds. As seconds it would be the year 5138.
    private const decimal MaxSeconds = 100_000_000_000;
    private const decimal MillisecondsOfYear10000 = 253_402_300_800_000;

    private static readonly string[] AccessNames = ["access_token", "accessToken", "access", "token"];
    private static readonly string[] RefreshNames = ["refresh_token", "refreshToken", "refresh"];
    private static readonly string[] ExpiryNames = ["expiresAt", "expires_at", "expires", "expiry_date", "expiry", "expired", "expires_on"];

    /// <summary>Returns the object of <paramref name="data"/> that holds the tokens: nested as Claude, Codex and OpenCode do, or the root.</summary>
    public static JsonElement FindLogin(JsonElement data, string? provider)
    {
        foreach (var name in new[] { "claudeAiOauth", "tokens", provider })
        {
            if (
                name is not null
                && data.ValueKind == JsonValueKind.Object
                && data.TryGetProperty(name, out var nested)
                && nested.ValueKind == JsonValueKind.Object
            )
            {
                return nested;
            }
        }

        return data;
    }

    /// <summary>Returns the access token or API key of <paramref name="credential"/>; <see langword="null"/> when there is none.</summary>
    public static string? FindAccessToken(OpenedCredential credential) =>
        credential.Type == CredentialTypes.ApiKey
            ? FindText(credential.RevealData(), "apiKey")
            : FindAccessToken(FindLogin(credential.RevealData(), credential.Provider));

    /// <summary>Returns the access token of <paramref name="login"/>; <see langword="null"/> when there is none.</summary>
    public static string? FindAccessToken(JsonElement login) => FindText(login, AccessNames);

    /// <summary>Returns the refresh token of <paramref name="login"/>; <see langword="null"/> when there is none.</summary>
    public static string? FindRefreshToken(JsonElement login) => FindText(login, RefreshNames);

    /// <summary>Returns <see langword="true"/> when a member of that name holds a refresh token; otherwise <see langword="false"/>.</summary>
    public static bool IsRefreshName(string name) => RefreshNames.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Returns the first of <paramref name="names"/> that is a text of <paramref name="json"/>; <see langword="null"/> when none is.</summary>
    public static string? FindText(JsonElement json, params IReadOnlyList<string> names)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (var name in names)
        {
            if (json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text)
            {
                return text;
            }
        }

        return null;
    }

    /// <summary>Returns the expiry of <paramref name="login"/>: of its own members, else of its JWT; <see langword="null"/> when it is not known.</summary>
    public static DateTimeOffset? FindExpiry(JsonElement login)
    {
        foreach (var name in ExpiryNames)
        {
            if (login.ValueKind == JsonValueKind.Object && login.TryGetProperty(name, out var value) && ParseTime(value) is { } time)
            {
                return time;
            }
        }

        return FindAccessToken(login) is { } token && FindClaims(token) is { } claims && claims.TryGetProperty("exp", out var expiry)
            ? ParseTime(expiry)
            : null;
    }

    /// <summary>Returns the payload of a JWT; <see langword="null"/> when <paramref name="token"/> is none. Nothing is verified.</summary>
    public static JsonElement? FindClaims(string token)
    {
        if (token.Split('.') is not [_, var payload, _])
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(payload));
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (Exception exception) when (exception is FormatException or JsonException or DecoderFallbackException)
        {
            return null;
        }
    }

    // 0 means that the time is not known, or never.
    private static DateTimeOffset? ParseTime(JsonElement value)
    {
        decimal? number = value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetDecimal(out var read) => read,
            JsonValueKind.String when decimal.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) => parsed,
            _ => null,
        };
        if (number is { } count)
        {
            return count is > 0 and < MillisecondsOfYear10000
                ? DateTimeOffset.FromUnixTimeMilliseconds((long)(count > MaxSeconds ? count : count * 1000))
                : null;
        }

        return value.ValueKind == JsonValueKind.String
            && DateTimeOffset.TryParse(value.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;
    }
}
