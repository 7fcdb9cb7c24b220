using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary>API keys as people read them.</summary>
internal static class KeyTable
{
    /// <summary>The headers.</summary>
    public static readonly string[] Headers = ["ID", "NAME", "READ", "WRITE", "USE", "GRANT", "EXPIRES", "LAST USED"];

    /// <summary>Returns the row of <paramref name="key"/>.</summary>
    public static string?[] Row(ApiKey key) =>
        [
            key.Id,
            key.Name,
            List(key.ReadAccess),
            List(key.WriteAccess),
            List(key.UseAccess),
            List(key.GrantAccess),
            key.ExpiresAt is null ? "never" : Printer.Text(key.ExpiresAt),
            key.LastUsedAt is null ? "never" : Printer.Text(key.LastUsedAt),
        ];

    /// <summary>Returns an access list.</summary>
    public static string List(IReadOnlyList<string> entries) => entries.Count == 0 ? "–" : string.Join(", ", entries);
}
