using System.Text.RegularExpressions;

namespace Axvault.ServiceDefaults;

/// <summary>
/// Masks what looks like the secret of an API key in text that a client chose, such as a path: a client may put one where none belongs.
/// </summary>
public static partial class SecretMask
{
    private const string Prefix = "axv_sk_";

    /// <summary>Returns <paramref name="text"/> with <c>axv_sk_…</c> in the place of anything that starts as a secret does.</summary>
    public static string Apply(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        return text.Contains(Prefix, StringComparison.OrdinalIgnoreCase) ? Secret().Replace(text, Prefix + "…") : text;
    }

    [GeneratedRegex(Prefix + @"\S+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Secret();
}
