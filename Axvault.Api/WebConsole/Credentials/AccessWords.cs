namespace Axvault.Api.WebConsole.Credentials;

/// <summary>The access of a key to one credential, in words.</summary>
internal static class AccessWords
{
    /// <summary>Returns what lists of access allow with <paramref name="name"/>.</summary>
    public static IReadOnlyList<string> Of(string name, IReadOnlyList<string> read, IReadOnlyList<string> write, IReadOnlyList<string> use)
    {
        List<string> words = [];
        Add(words, "reads", name, read);
        Add(words, "writes", name, write);
        Add(words, "uses", name, use);
        return words;
    }

    private static void Add(List<string> words, string word, string name, IReadOnlyList<string> entries)
    {
        if (entries.Any(entry => entry == name || (entry.EndsWith('*') && name.StartsWith(entry[..^1], StringComparison.Ordinal))))
        {
            words.Add(word);
        }
    }
}
