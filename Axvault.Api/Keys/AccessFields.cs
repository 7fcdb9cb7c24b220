using System.Diagnostics.CodeAnalysis;
using Axvault.Api.Authorization;
using Axvault.Api.Http;

namespace Axvault.Api.Keys;

/// <summary>The checks of access lists and networks in a request.</summary>
internal static class AccessFields
{
    /// <summary>Checks an access list.</summary>
    /// <returns>The list; <see langword="null"/> when it is absent or wrong.</returns>
    public static AccessList? AccessList(this FieldErrors errors, string field, string?[]? texts) =>
        ParseEntries<AccessEntry>(errors, field, texts, Authorization.AccessList.MaxEntries, AccessEntry.TryParse, AccessEntry.Rule) is { } entries
            ? Authorization.AccessList.Of(entries)
            : null;

    /// <summary>Checks a list of networks.</summary>
    /// <returns>The networks; <see langword="null"/> when they are absent or wrong.</returns>
    public static ClientNetworks? Networks(this FieldErrors errors, string field, string?[]? texts) =>
        ParseEntries<ClientNetwork>(errors, field, texts, ClientNetworks.MaxEntries, ClientNetwork.TryParse, ClientNetwork.Rule) is { } networks
            ? ClientNetworks.Of(networks)
            : null;

    private static List<T>? ParseEntries<T>(FieldErrors errors, string field, string?[]? texts, int maxEntries, TryParse<T> tryParse, string rule)
    {
        if (texts?.Length > maxEntries)
        {
            errors.Report(field, $"must have at most {maxEntries} entries");
            return null;
        }

        var entries = texts is null ? null : new List<T>();
        foreach (var text in texts ?? [])
        {
            if (tryParse(text, out var entry))
            {
                entries!.Add(entry);
            }
            else
            {
                errors.Report(field, $"contains an invalid entry; each entry {rule}");
            }
        }

        return entries;
    }

    private delegate bool TryParse<T>(string? text, [NotNullWhen(true)] out T? entry);
}
