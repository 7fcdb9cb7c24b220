using System.Text.Json.Serialization;
using Axvault.Api.Authorization;
using Axvault.Api.Http;

namespace Axvault.Api.Keys;

/// <summary>The body of <c>POST /keys</c> and <c>PATCH /keys/{id}</c>.</summary>
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

/// <summary>A key, as the API shows it.</summary>
internal sealed record KeyResponse(
    string Id, string Name, string[] ReadAccess, string[] WriteAccess, string[] GrantAccess, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? LastUsedAt)
{
    /// <summary>Shows <paramref name="key"/>.</summary>
    public static KeyResponse Of(ApiKey key) =>
        new(key.Id.Value, key.Name, key.Scope.Read.ToArray(), key.Scope.Write.ToArray(), key.Scope.Grant.ToArray(), key.CreatedAt, key.UpdatedAt, key.LastUsedAt);
}

/// <summary>A new key with its secret, the only time that it is shown. A class, so that no record's ToString prints the secret.</summary>
internal sealed class CreatedKeyResponse
{
    public required string Id { get; init; }

    public required string Secret { get; init; }

    public required string Name { get; init; }

    public required string[] ReadAccess { get; init; }

    public required string[] WriteAccess { get; init; }

    public required string[] GrantAccess { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

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
internal sealed record KeyListResponse(IReadOnlyList<KeyResponse> Keys);

/// <summary>How the bodies of this folder are read and written.</summary>
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(KeyResponse))]
[JsonSerializable(typeof(CreatedKeyResponse))]
[JsonSerializable(typeof(KeyListResponse))]
internal sealed partial class KeyJsonContext : JsonSerializerContext;
