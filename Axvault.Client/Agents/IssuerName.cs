using System.Collections.Frozen;
using System.Text;

namespace Axvault.Client.Agents;

/// <summary>The names of providers, which issue credentials. Case and punctuation do not matter. The name of an agent stands for its provider.</summary>
internal static class IssuerName
{
    private static readonly FrozenDictionary<string, string> Aliases = new Dictionary<string, string>
    {
        ["google"] = "gemini",
        ["gemini_cli"] = "gemini",
        ["claude"] = "anthropic",
        ["claude_code"] = "anthropic",
        ["codex"] = "openai",
        ["codex_cli"] = "openai",
        ["qwen_code"] = "qwen",
    }.ToFrozenDictionary();

    /// <summary>Returns the normal form of <paramref name="name"/>: lower case, underscores for other characters, aliases resolved.</summary>
    public static string Normalize(string name)
    {
        var plain = new StringBuilder(name.Length);
        foreach (var letter in name.EnumerateRunes())
        {
            plain.Append(letter.IsAscii && char.IsAsciiLetterOrDigit((char)letter.Value) ? char.ToLowerInvariant((char)letter.Value) : '_');
        }

        var text = plain.ToString();
        return Aliases.GetValueOrDefault(text, text);
    }

    /// <summary>Returns <paramref name="issuer"/> and its other names, in lower case with underscores for other characters.</summary>
    public static IEnumerable<string> SpellingsOf(string issuer) =>
        Aliases.Where(alias => alias.Value == issuer).Select(static alias => alias.Key).Append(issuer).Order(StringComparer.Ordinal);
}
