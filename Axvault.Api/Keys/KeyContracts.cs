using System.Text.Json.Serialization;
using Axvault.Api.Authorization;
using Axvault.Api.Http;

namespace Axvault.Api.Keys;

/// <summary>What to change of a key; a new key needs a name.</summary>
/// <param name="Name">A name for people: 1 to 256 characters, without control characters.</param>
/// <param name="ReadAccess">What the key may read.</param>
/// <param name="WriteAccess">What the key may write, delete and refresh.</param>
/// <param name="GrantAccess">What the key may put into the lists of other keys. <c>*</c> makes it an administrator of keys.</param>
internal sealed record KeyRequest(string? Name, string?[]? ReadAccess, string?[]? WriteAccess, string?[]? GrantAccess)
{
    /// <summary>The greatest length of a key's name, in characters.</summary>
    public const int MaxNameLength = 256;

    private const string FutureRule = "must be in the future";

    /// <summary>From when on the key does not work any more. A change to <c>null</c> takes it away.</summary>
    public OptionalText ExpiresAt { get; init; }

    /// <summary>Addresses and networks (CIDR, IPv4 or IPv6) that the key may be used from; empty for anywhere.</summary>
    public string?[]? AllowedCidrs { get; init; }

    /// <summary>Checks the body of a new key: a name, lists that are empty when absent, and an expiry after <paramref name="now"/>.</summary>
    public bool TryValidateNew(FieldErrors errors, DateTimeOffset now, out string name, out AccessScope scope)
    {
        name = errors.Text("name", Name, MaxNameLength, required: true) ?? "";
        var patch = Parse(errors);
        if (patch.ExpiresAt <= now)
        {
            errors.Report("expiresAt", FutureRule);
        }

        scope = patch.Apply(new AccessScope(AccessList.None, AccessList.None, AccessList.None));
        return errors.Count == 0;
    }

    /// <summary>Checks the body of a change: at least one of its members.</summary>
    public bool TryValidatePatch(FieldErrors errors, out KeyPatch patch)
    {
        patch = Parse(errors) with { Name = errors.Text("name", Name, MaxNameLength) };
        if (this is { Name: null, ReadAccess: null, WriteAccess: null, GrantAccess: null, AllowedCidrs: null, ExpiresAt.IsGiven: false })
        {
            errors.Report("name", "or one of readAccess, writeAccess, grantAccess, expiresAt and allowedCidrs must be given");
        }

        return errors.Count == 0;
    }

    private KeyPatch Parse(FieldErrors errors) =>
        new(null, ParseList(errors, "readAccess", ReadAccess), ParseList(errors, "writeAccess", WriteAccess), ParseList(errors, "grantAccess", GrantAccess))
        {
            ChangesExpiry = ExpiresAt.IsGiven,
            ExpiresAt = ParseExpiry(errors, ExpiresAt.Text),
            Networks = ParseNetworks(errors, AllowedCidrs),
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

    private static ClientNetworks? ParseNetworks(FieldErrors errors, string?[]? texts)
    {
        if (texts is null)
        {
            return null;
        }

        if (texts.Length > ClientNetworks.MaxEntries)
        {
            errors.Report("allowedCidrs", $"must have at most {ClientNetworks.MaxEntries} entries");
            return null;
        }

        List<ClientNetwork> networks = [];
        foreach (var text in texts)
        {
            if (ClientNetwork.TryParse(text, out var network))
            {
                networks.Add(network);
            }
            else
            {
                errors.Report("allowedCidrs", $"has an entry that is none: each {ClientNetwork.Rule}");
            }
        }

        return ClientNetworks.Of(networks);
    }

    private static AccessList? ParseList(FieldErrors errors, string field, string?[]? texts)
    {
        if (texts is null)
        {
            return null;
        }

        if (texts.Length > AccessList.MaxEntries)
        {
            errors.Report(field, $"must have at most {AccessList.MaxEntries} entries");
            return null;
        }

        List<AccessEntry> entries = [];
        foreach (var text in texts)
        {
            if (AccessEntry.TryParse(text, out var entry))
            {
                entries.Add(entry);
            }
            else
            {
                errors.Report(field, $"has an entry that is none: each {AccessEntry.Rule}");
            }
        }

        return AccessList.Of(entries);
    }
}

/// <summary>How to rotate the secret of a key.</summary>
/// <param name="OverlapSeconds">How long the secret that the key has works on, in seconds: at most 30 days, and a day when it is left out. 0 stops it at once.</param>
internal sealed record RotateKeyRequest(int? OverlapSeconds)
{
    /// <summary>The longest overlap, in seconds: 30 days.</summary>
    public const int MaxOverlapSeconds = 2_592_000;

    private const int DefaultOverlapSeconds = 86_400;

    /// <summary>Checks the body; all of it may be absent.</summary>
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

/// <summary>A key, without its secret.</summary>
/// <param name="Id">The key's id, which is no secret.</param>
/// <param name="Name">A name for people.</param>
/// <param name="ReadAccess">What the key may read.</param>
/// <param name="WriteAccess">What the key may write, delete and refresh.</param>
/// <param name="GrantAccess">What the key may put into the lists of other keys.</param>
/// <param name="ExpiresAt">From when on it does not work any more; left out when it works for ever.</param>
/// <param name="AllowedCidrs">The networks that it may be used from; left out when it works from anywhere.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
/// <param name="LastUsedAt">When it was last used, to the minute; left out before the first time.</param>
/// <param name="PreviousSecretExpiresAt">Until when the secret before the last rotation works; left out when it does not.</param>
/// <param name="PreviousSecretLastUsedAt">When that secret was last used since the rotation, to the minute; left out when it was not.</param>
internal sealed record KeyResponse(
    string Id,
    string Name,
    string[] ReadAccess,
    string[] WriteAccess,
    string[] GrantAccess,
    DateTimeOffset? ExpiresAt,
    string[]? AllowedCidrs,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    DateTimeOffset? LastUsedAt,
    DateTimeOffset? PreviousSecretExpiresAt,
    DateTimeOffset? PreviousSecretLastUsedAt)
{
    /// <summary>Shows <paramref name="key"/>.</summary>
    public static KeyResponse Of(ApiKey key) => new(
        key.Id.Value,
        key.Name,
        key.Scope.Read.ToArray(),
        key.Scope.Write.ToArray(),
        key.Scope.Grant.ToArray(),
        key.Scope.Limits.ExpiresAt,
        ToArray(key.Scope.Limits.Networks),
        key.CreatedAt,
        key.UpdatedAt,
        key.LastUsedAt,
        key.Secrets.Previous?.ExpiresAt,
        key.Secrets.Previous?.LastUsedAt);

    /// <summary>Shows <paramref name="networks"/>; <see langword="null"/> for anywhere.</summary>
    public static string[]? ToArray(ClientNetworks networks) => networks.IsAny ? null : networks.ToArray();
}

// A class, so that no record's ToString prints the secret.
/// <summary>A key with its new secret, the only time that it is shown.</summary>
internal sealed class KeySecretResponse
{
    /// <summary>The key's id, which is no secret.</summary>
    public required string Id { get; init; }

    /// <summary>What authenticates the key: <c>axv_sk_</c> and 49 letters and digits.</summary>
    public required string Secret { get; init; }

    /// <summary>A name for people.</summary>
    public required string Name { get; init; }

    /// <summary>What the key may read.</summary>
    public required string[] ReadAccess { get; init; }

    /// <summary>What the key may write, delete and refresh.</summary>
    public required string[] WriteAccess { get; init; }

    /// <summary>What the key may put into the lists of other keys.</summary>
    public required string[] GrantAccess { get; init; }

    /// <summary>From when on it does not work any more; left out when it works for ever.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The networks that it may be used from; left out when it works from anywhere.</summary>
    public string[]? AllowedCidrs { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When it was last used, to the minute; left out before the first time.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Until when the secret before this one works; left out when there is none that does.</summary>
    public DateTimeOffset? PreviousSecretExpiresAt { get; init; }

    /// <summary>Shows <paramref name="key"/> and <paramref name="secret"/>.</summary>
    public static KeySecretResponse Of(ApiKey key, ApiKeySecret secret) => new()
    {
        Id = key.Id.Value,
        Secret = secret.Reveal(),
        Name = key.Name,
        ReadAccess = key.Scope.Read.ToArray(),
        WriteAccess = key.Scope.Write.ToArray(),
        GrantAccess = key.Scope.Grant.ToArray(),
        ExpiresAt = key.Scope.Limits.ExpiresAt,
        AllowedCidrs = KeyResponse.ToArray(key.Scope.Limits.Networks),
        CreatedAt = key.CreatedAt,
        UpdatedAt = key.UpdatedAt,
        LastUsedAt = key.LastUsedAt,
        PreviousSecretExpiresAt = key.Secrets.Previous?.ExpiresAt,
    };
}

/// <summary>Every key.</summary>
/// <param name="Keys">The keys.</param>
internal sealed record KeyListResponse(IReadOnlyList<KeyResponse> Keys);

/// <summary>How the bodies of this folder are read and written.</summary>
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(KeyResponse))]
[JsonSerializable(typeof(RotateKeyRequest))]
[JsonSerializable(typeof(KeySecretResponse))]
[JsonSerializable(typeof(KeyListResponse))]
internal sealed partial class KeyJsonContext : JsonSerializerContext;
