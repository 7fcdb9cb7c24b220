using Axvault.Api.WebConsole.Layout;
using Axvault.Client;

namespace Axvault.Api.WebConsole.Keys;

/// <summary>The rights of a key or a rule, in words.</summary>
internal static class KeyWords
{
    private const string All = "*";

    /// <summary>Returns a sentence for each right and each limit of <paramref name="key"/>.</summary>
    public static IReadOnlyList<string> Describe(ApiKey key) => Describe(Rights.Of(key), key.ExpiresAt);

    /// <summary>Returns a sentence for each right and each limit.</summary>
    public static IReadOnlyList<string> Describe(Rights rights, DateTimeOffset? expiresAt)
    {
        List<string> sentences = [];
        if (rights.Read.Count > 0)
        {
            sentences.Add($"Reads {Names(rights.Read)}, with access tokens and keys in the clear.");
        }

        if (rights.Write.Count > 0)
        {
            sentences.Add($"Stores, refreshes, restores and deletes {Names(rights.Write)}.");
        }

        if (rights.Use.Count > 0)
        {
            sentences.Add($"Uses {Names(rights.Use)} through the broker, and never sees the credential itself.");
        }

        if (rights.Grant.Contains(All))
        {
            sentences.Add("Is an administrator: it makes and ends keys of any right, and sees keys, rules, issuers, servers and the audit log.");
        }
        else if (rights.Grant.Count > 0)
        {
            sentences.Add($"Makes keys for {Names(rights.Grant)}.");
        }

        if (sentences.Count == 0)
        {
            sentences.Add("May do nothing.");
        }

        sentences.AddRange(Limits(rights, expiresAt));
        return sentences;
    }

    private static IEnumerable<string> Limits(Rights rights, DateTimeOffset? expiresAt)
    {
        if (rights.RequestsPerMinute is { } requests)
        {
            yield return $"Makes at most {Words.Count(requests, "call")} a minute through the broker.";
        }

        if (rights.TokensPerDay is { } tokens)
        {
            yield return $"Uses at most {Words.Count(tokens, "token")} a day through the broker.";
        }

        if (rights.Cidrs.Count > 0)
        {
            yield return $"Works only from {Words.List(rights.Cidrs)}.";
        }

        if (expiresAt is { } end)
        {
            yield return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Ends at {end.ToUniversalTime():yyyy-MM-dd HH:mm} UTC.");
        }
    }

    private static string Names(IReadOnlyList<string> entries) =>
        entries.Contains(All)
            ? "every credential"
            : Words.List([.. entries.Select(static entry => entry.EndsWith('*') ? $"every name that starts with {entry[..^1]}" : entry)]);
}
