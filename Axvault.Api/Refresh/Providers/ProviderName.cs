using System.Collections.Frozen;

namespace Axvault.Api.Refresh.Providers;

/// <summary>The names of providers: case and punctuation do not matter, and the names of agents stand for who issues their tokens.</summary>
internal static class ProviderName
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

    /// <summary>The one form of <paramref name="name"/>: lower case, with an underscore for what a variable's name cannot hold, an alias resolved.</summary>
    public static string Normalize(string name)
    {
        var plain = string.Concat(name.Select(static c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_'));
        return Aliases.GetValueOrDefault(plain, plain);
    }

    /// <summary>The form that <paramref name="name"/> has in the name of a variable.</summary>
    public static string ToVariable(string name) => name.ToUpperInvariant();
}
