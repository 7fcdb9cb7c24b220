using System.Text.Json;
using Axvault.Api.Refresh.Providers;

namespace Axvault.Api.Refresh.Shapes;

/// <summary>The known shapes of tokens. Each was read in the agent's own files or sources.</summary>
internal static class TokenShapes
{
    private static readonly ExpiryField ExpiresAtMilliseconds = new("expiresAt", ExpiryUnit.EpochMilliseconds);

    /// <summary>The members in which some program or other keeps the expiry of an access token, in any shape.</summary>
    public static readonly IReadOnlyList<ExpiryField> CommonExpiries =
    [
        new("expires_at", ExpiryUnit.EpochSeconds),
        ExpiresAtMilliseconds,
        // Go and google-auth
        new("expiry", ExpiryUnit.EpochSeconds),
        // CLIProxyAPI
        new("expired", ExpiryUnit.EpochSeconds),
        new("expires", ExpiryUnit.EpochMilliseconds),
        // Azure
        new("expires_on", ExpiryUnit.EpochSeconds),
        new("expiry_date", ExpiryUnit.EpochMilliseconds),
        new("expires_in", ExpiryUnit.SecondsFromIssue),
        new("expiresIn", ExpiryUnit.SecondsFromIssue),
    ];

    /// <summary>The member with the time of issue, from which a lifetime beside it counts.</summary>
    public static readonly ExpiryField CreatedAt = new("created_at", ExpiryUnit.EpochSeconds);

    // {"accessToken", "refreshToken", "expiresAt", "scopes", "subscriptionType"}
    private static readonly TokenShape Claude = new("claude", null, "accessToken", "refreshToken", [ExpiresAtMilliseconds], "anthropic")
    {
        RefreshTokenExpiry = new ExpiryField("refreshTokenExpiresAt", ExpiryUnit.EpochMilliseconds),
    };

    // {"claudeAiOauth": {the same}, …}
    private static readonly TokenShape ClaudeFile = Claude with
    {
        Name = "claude-file",
        Container = "claudeAiOauth",
        Issuers = ["anthropic"],
        IsOwn = true,
    };

    // {"auth_mode", "OPENAI_API_KEY", "tokens": {"id_token", "access_token", "refresh_token", "account_id"}, "last_refresh"}: the expiry is in the JWT.
    private static readonly TokenShape Codex = new("codex", "tokens", "access_token", "refresh_token", [], "openai")
    {
        Issuers = ["openai"],
        AddsIdToken = true,
        LastRefresh = "last_refresh",
    };

    // {"type": "oauth", "refresh", "access", "expires", "accountId"}
    private static readonly TokenShape OpenCode = new("opencode", null, "access", "refresh", [new ExpiryField("expires", ExpiryUnit.EpochMilliseconds)], null)
    {
        ZeroNeverExpires = true,
    };

    // {"access_token", "refresh_token", "scope", "token_type", "id_token", "expiry_date"}
    private static readonly TokenShape Gemini = new(
        "gemini",
        null,
        "access_token",
        "refresh_token",
        [new ExpiryField("expiry_date", ExpiryUnit.EpochMilliseconds)],
        "gemini"
    )
    {
        // Qwen Code began as a copy of Gemini CLI.
        Issuers = ["gemini", "qwen"],
    };

    // {"access_token", "refresh_token", "token_type", "expiry_date", "resource_url"}
    private static readonly TokenShape Qwen = Gemini with { Name = "qwen", Provider = "qwen", Issuers = ["qwen"] };

    // RFC 6749 §5.1, as received or with the expiry computed.
    private static readonly TokenShape Flat = new(
        "rfc6749",
        null,
        "access_token",
        "refresh_token",
        [],
        null
    );

    // {"token", "refresh_token", "token_uri", "client_id", "client_secret", "scopes", "expiry"}: google-auth
    private static readonly TokenShape FlatToken = Flat with { AccessToken = "token" };

    /// <summary>Returns the shape of the mapped data, or <see langword="null"/> when it has none that can be refreshed.</summary>
    /// <param name="map">The map of the data.</param>
    /// <param name="provider">The provider that the credential names. It selects the entry of an OpenCode file.</param>
    /// <param name="text">Returns the text of a member that is a string.</param>
    public static TokenShape? Detect(JsonMap map, string? provider, Func<string?, string, string?> text)
    {
        if (IsObject(map, "claudeAiOauth"))
        {
            return ClaudeFile;
        }

        if (IsObject(map, "tokens") && Has(map, "tokens", "refresh_token"))
        {
            // Tokens of a ChatGPT session that another program refreshes.
            return text(null, "auth_mode") == "chatgptAuthTokens" ? null : Codex;
        }

        if (text(null, "type") == "oauth" && Has(map, null, "refresh"))
        {
            return OpenCode;
        }

        if (Has(map, null, "refreshToken"))
        {
            return Claude;
        }

        if (Has(map, null, "refresh_token"))
        {
            return Has(map, null, "expiry_date")
                ? Has(map, null, "resource_url")
                    ? Qwen
                    : Gemini
                : !Has(map, null, "access_token") && Has(map, null, "token") ? FlatToken : Flat;
        }

        var entries = map.Objects.Where(name => text(name, "type") == "oauth" && Has(map, name, "refresh")).ToList();

        // Never take the entry of another provider, even when it is the only one: the named provider would receive the other's token.
        var entry = provider is null
            ? entries.Count == 1
                ? entries[0]
                : null
            : entries.Find(name => ProviderName.Normalize(name) == ProviderName.Normalize(provider));
        return entry is null ? null : OpenCode with
        {
            Name = "opencode-file",
            Container = entry,
            Provider = entry,
            Issuers = [ProviderName.Normalize(entry)],
            IsOwn = true,
        };
    }

    private static bool IsObject(JsonMap map, string name) => map.TryFind(null, name, out var slot) && slot.Kind == JsonTokenType.StartObject;

    private static bool Has(JsonMap map, string? parent, string name) => map.TryFind(parent, name, out _);
}
