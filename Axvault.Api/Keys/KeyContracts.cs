using System.Text.Json.Serialization;
using Axvault.Api.Authorization;
using Axvault.Api.Http;
using Axvault.ServiceDefaults;

namespace Axvault.Api.Keys;

/// <summary>A new key, or a change of one. A new key needs a name.</summary>
/// <param name="Name">A name for people: 1 to 256 characters, without control, directional and other hidden characters.</param>
/// <param name="ReadAccess">The names that the key may read.</param>
/// <param name="WriteAccess">The names that the key may write, delete and refresh.</param>
/// <param name="GrantAccess">The entries that the key may put into the lists of other keys. <c>*</c> makes it an administrator of keys.</param>
internal sealed record KeyRequest(string? Name, string?[]? ReadAccess, string?[]? WriteAccess, string?[]? GrantAccess)
{
    /// <summary>The greatest length of a key's name, in characters.</summary>
    public const int MaxNameLength = 256;

    private const string FutureRule = "must be in the future";

    /// <summary>The time from which the key no longer works. <c>null</c> in a change removes it.</summary>
    public OptionalText ExpiresAt { get; init; }

    /// <summary>Addresses and networks (CIDR, IPv4 or IPv6) from which the key may be used. An empty list allows every address.</summary>
    public string?[]? AllowedCidrs { get; init; }

    /// <summary>The names that the key may use through the broker, without seeing their values. No other list implies this one.</summary>
    public string?[]? UseAccess { get; init; }

    /// <summary>The greatest number of calls through the broker in a minute; 0 for no limit.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>The greatest number of tokens that calls through the broker use in a day (UTC); 0 for no limit.</summary>
    public long? TokensPerDay { get; init; }

    /// <summary>Checks the body of a new key: a name, lists that are empty when absent, and an expiry after <paramref name="now"/>.</summary>
    public bool TryValidateNew(FieldErrors errors, DateTimeOffset now, out string name, out AccessScope scope)
    {
        name = ParseName(errors, required: true) ?? "";
        var patch = Parse(errors);
        if (patch.ExpiresAt <= now)
        {
            errors.Report("expiresAt", FutureRule);
        }

        scope = patch.Apply(new AccessScope(AccessList.None, AccessList.None, AccessList.None));
        return errors.Count == 0;
    }

    /// <summary>Checks the body of a change. It needs at least one member.</summary>
    public bool TryValidatePatch(FieldErrors errors, out KeyPatch patch)
    {
        patch = Parse(errors) with { Name = ParseName(errors, required: false) };
        if (
            this is { Name: null, ReadAccess: null, WriteAccess: null, GrantAccess: null, UseAccess: null, AllowedCidrs: null, ExpiresAt.IsGiven: false }
            && this is { RequestsPerMinute: null, TokensPerDay: null }
        )
        {
            errors.Report(
                "name",
                "or one of readAccess, writeAccess, grantAccess, useAccess, expiresAt, allowedCidrs, requestsPerMinute and tokensPerDay must be given"
            );
        }

        return errors.Count == 0;
    }

    // Administrators tell keys apart by their names, so a name shows all of itself.
    private string? ParseName(FieldErrors errors, bool required)
    {
        if (Name is not null && HiddenText.IsIn(Name))
        {
            errors.Report("name", $"must be a text of 1 to {MaxNameLength} characters, without control, directional or other hidden characters");
        }

        return errors.Text("name", Name, MaxNameLength, required);
    }

    private KeyPatch Parse(FieldErrors errors) =>
        new(null, errors.AccessList("readAccess", ReadAccess), errors.AccessList("writeAccess", WriteAccess), errors.AccessList("grantAccess", GrantAccess))
        {
            ChangesExpiry = ExpiresAt.IsGiven,
            ExpiresAt = ParseExpiry(errors, ExpiresAt.Text),
            Networks = errors.Networks("allowedCidrs", AllowedCidrs),
            Use = errors.AccessList("useAccess", UseAccess),
            RequestsPerMinute = errors.RequestsPerMinute(RequestsPerMinute),
            TokensPerDay = errors.TokensPerDay(TokensPerDay),
        };

    private static DateTimeOffset? ParseExpiry(FieldErrors errors, string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (!Timestamp.TryParse(text, out var time))
        {
            errors.Report("expiresAt", Timestamp.Rule);
        }

        return time;
    }
}

/// <summary>The rotation of a key's secret.</summary>
/// <param name="OverlapSeconds">The time that the present secret stays valid, in seconds: at most 30 days, one day by default. 0 stops it at once.</param>
internal sealed record RotateKeyRequest(int? OverlapSeconds)
{
    /// <summary>The longest overlap, in seconds: 30 days.</summary>
    public const int MaxOverlapSeconds = 2_592_000;

    private const int DefaultOverlapSeconds = 86_400;

    /// <summary>Checks the body, which may be empty.</summary>
    public static bool TryValidate(RotateKeyRequest? request, FieldErrors errors, out TimeSpan overlap)
    {
        var seconds = request?.OverlapSeconds ?? DefaultOverlapSeconds;
        if (seconds is < 0 or > MaxOverlapSeconds)
        {
            errors.Report("overlapSeconds", $"must be a whole number from 0 to {MaxOverlapSeconds}");
        }

        overlap = TimeSpan.FromSeconds(seconds);
        return errors.Count == 0;
    }
}

// A class, because the ToString of a record would print the secret.
/// <summary>A key, without its secret.</summary>
internal sealed class KeyResponse
{
    /// <summary>The key's id. It is not a secret.</summary>
    public required string Id { get; init; }

    /// <summary>The secret that authenticates the key: <c>axv_sk_</c> and 49 letters and digits. Only the answer to its creation or rotation has it.</summary>
    public string? Secret { get; init; }

    /// <summary>A name for people.</summary>
    public required string Name { get; init; }

    /// <summary>The names that the key may read.</summary>
    public required string[] ReadAccess { get; init; }

    /// <summary>The names that the key may write, delete and refresh.</summary>
    public required string[] WriteAccess { get; init; }

    /// <summary>The entries that the key may put into the lists of other keys.</summary>
    public required string[] GrantAccess { get; init; }

    /// <summary>The names that the key may use through the broker; absent for none.</summary>
    public string[]? UseAccess { get; init; }

    /// <summary>The greatest number of calls through the broker in a minute; absent for any.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>The greatest number of tokens that calls through the broker use in a day (UTC); absent for any.</summary>
    public long? TokensPerDay { get; init; }

    /// <summary>The time from which the key no longer works; absent when it has no expiry.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The networks from which the key may be used; absent when every address is allowed.</summary>
    public string[]? AllowedCidrs { get; init; }

    /// <summary>The time at which the key was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of its last change.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The time of its last use, to the minute; absent before the first.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The time until which the previous secret works; absent when it does not.</summary>
    public DateTimeOffset? PreviousSecretExpiresAt { get; init; }

    /// <summary>The time of the previous secret's last use since the rotation, to the minute; absent when it was not used.</summary>
    public DateTimeOffset? PreviousSecretLastUsedAt { get; init; }

    /// <summary>The rule that issued the key to a workload; absent for other keys.</summary>
    public string? Rule { get; init; }

    /// <summary>The subject of the workload's token; absent for other keys.</summary>
    public string? Subject { get; init; }

    /// <summary>The version of the server; only in the answer about the key of the request.</summary>
    public string? ServerVersion { get; private init; }

    /// <summary>Returns <paramref name="key"/> as the API shows it to itself.</summary>
    public static KeyResponse OfCaller(ApiKey key) => Of(key, null, Telemetry.ServerVersion.Text);

    /// <summary>Returns <paramref name="key"/> as the API shows it, with its new <paramref name="secret"/> if it has just been made.</summary>
    public static KeyResponse Of(ApiKey key, ApiKeySecret? secret = null, string? serverVersion = null) =>
        new()
        {
            ServerVersion = serverVersion,
            Id = key.Id.Value,
            Secret = secret?.Reveal(),
            Name = key.Name,
            ReadAccess = key.Scope.Read.ToArray(),
            WriteAccess = key.Scope.Write.ToArray(),
            GrantAccess = key.Scope.Grant.ToArray(),
            UseAccess = key.Scope.Use.ToStored(),
            RequestsPerMinute = key.Scope.Limits.RequestsPerMinute,
            TokensPerDay = key.Scope.Limits.TokensPerDay,
            ExpiresAt = key.Scope.Limits.ExpiresAt,
            AllowedCidrs = key.Scope.Limits.Networks.IsAny ? null : key.Scope.Limits.Networks.ToArray(),
            CreatedAt = key.CreatedAt,
            UpdatedAt = key.UpdatedAt,
            LastUsedAt = key.LastUsedAt,
            PreviousSecretExpiresAt = key.Secrets.Previous?.ExpiresAt,
            PreviousSecretLastUsedAt = key.Secrets.Previous?.LastUsedAt,
            Rule = key.IssuedBy?.Rule,
            Subject = key.IssuedBy?.Subject,
        };
}

/// <summary>Every key.</summary>
/// <param name="Keys">The keys.</param>
internal sealed record KeyListResponse(IReadOnlyList<KeyResponse> Keys)
{
    /// <summary>
    /// The ids of keys whose rows in the database are not what a server has written. They give no access, and can be deleted. Absent when there are none.
    /// </summary>
    public IReadOnlyList<string>? Unreadable { get; init; }
}

/// <summary>The JSON form of the bodies of this folder.</summary>
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(KeyResponse))]
[JsonSerializable(typeof(RotateKeyRequest))]
[JsonSerializable(typeof(KeyListResponse))]
internal sealed partial class KeyJsonContext : JsonSerializerContext;
