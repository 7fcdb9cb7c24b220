using System.Text.RegularExpressions;

namespace Axvault.ServiceDefaults;

/// <summary>The mask for API key secrets in text that a client chose, such as a path.</summary>
public static partial class SecretMask
{
    private const string Prefix = "axv_sk_";

    /// <summary>Returns <paramref name="text"/> with <c>axv_sk_…</c> in place of every word that starts like a secret.</summary>
    public static string Apply(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        return text.Contains(Prefix, StringComparison.OrdinalIgnoreCase) ? Secret().Replace(text, Prefix + "…") : text;
    }

    [GeneratedRegex(Prefix + @"\S+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Secret();
}
