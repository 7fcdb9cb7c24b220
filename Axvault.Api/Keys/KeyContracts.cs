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

    /// <summary>Checks the body of a new key: a name, and lists that are empty when absent.</summary>
    public bool TryValidateNew(FieldErrors errors, out string name, out AccessScope scope)
    {
        name = errors.Text("name", Name, MaxNameLength, required: true) ?? "";
        var patch = Parse(errors);
        scope = patch.Apply(new AccessScope(AccessList.None, AccessList.None, AccessList.None));
        return errors.Count == 0;
    }

    /// <summary>Checks the body of a change: at least one of its members.</summary>
    public bool TryValidatePatch(FieldErrors errors, out KeyPatch patch)
    {
        patch = Parse(errors) with { Name = errors.Text("name", Name, MaxNameLength) };
        if (this is { Name: null, ReadAccess: null, WriteAccess: null, GrantAccess: null })
        {
            errors.Report("name", "or one of readAccess, writeAccess and grantAccess must be given");
        }

        return errors.Count == 0;
    }

    private KeyPatch Parse(FieldErrors errors) => new(
        null, ParseList(errors, "readAccess", ReadAccess), ParseList(errors, "writeAccess", WriteAccess), ParseList(errors, "grantAccess", GrantAccess));

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

/// <summary>A key, without its secret.</summary>
/// <param name="Id">The key's id, which is no secret.</param>
/// <param name="Name">A name for people.</param>
/// <param name="ReadAccess">What the key may read.</param>
/// <param name="WriteAccess">What the key may write, delete and refresh.</param>
/// <param name="GrantAccess">What the key may put into the lists of other keys.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was last changed.</param>
/// <param name="LastUsedAt">When it was last used, to the minute; left out before the first time.</param>
internal sealed record KeyResponse(
    string Id, string Name, string[] ReadAccess, string[] WriteAccess, string[] GrantAccess, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? LastUsedAt)
{
    /// <summary>Shows <paramref name="key"/>.</summary>
    public static KeyResponse Of(ApiKey key) =>
        new(key.Id.Value, key.Name, key.Scope.Read.ToArray(), key.Scope.Write.ToArray(), key.Scope.Grant.ToArray(), key.CreatedAt, key.UpdatedAt, key.LastUsedAt);
}

// A class, so that no record's ToString prints the secret.
/// <summary>A new key with its secret, the only time that it is shown.</summary>
internal sealed class CreatedKeyResponse
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

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Shows <paramref name="key"/> and <paramref name="secret"/>.</summary>
    public static CreatedKeyResponse Of(ApiKey key, ApiKeySecret secret) => new()
    {
        Id = key.Id.Value,
        Secret = secret.Reveal(),
        Name = key.Name,
        ReadAccess = key.Scope.Read.ToArray(),
        WriteAccess = key.Scope.Write.ToArray(),
        GrantAccess = key.Scope.Grant.ToArray(),
        CreatedAt = key.CreatedAt,
        UpdatedAt = key.UpdatedAt,
    };
}

/// <summary>Every key.</summary>
/// <param name="Keys">The keys.</param>
internal sealed record KeyListResponse(IReadOnlyList<KeyResponse> Keys);

/// <summary>How the bodies of this folder are read and written.</summary>
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(KeyResponse))]
[JsonSerializable(typeof(CreatedKeyResponse))]
[JsonSerializable(typeof(KeyListResponse))]
internal sealed partial class KeyJsonContext : JsonSerializerContext;
