using System.Globalization;
using System.Text;

namespace Axvault.ServiceDefaults;

/// <summary>Characters that a reader does not see, and that can change how the text around them is shown or where a line ends.</summary>
/// <remarks>
/// They are the controls, the line and paragraph separators, and the format characters: directional controls, zero-width spaces, tags. CVE-2021-42574
/// describes the deception.
/// </remarks>
public static class HiddenText
{
    private const int ZeroWidthNonJoiner = 0x200c;
    private const int ZeroWidthJoiner = 0x200d;

    /// <summary>
    /// Returns <see langword="true"/> when <paramref name="text"/> has a hidden character; otherwise <see langword="false"/>. The two joiners are a part of
    /// Persian words and of emoji, and do not count.
    /// </summary>
    public static bool IsIn(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        return !Ascii.IsValid(text) ? text.EnumerateRunes().Any(static rune => IsHidden(rune) && rune.Value is not (ZeroWidthNonJoiner or ZeroWidthJoiner))
            : text.Any(char.IsControl);
    }

    /// <summary>Returns <paramref name="text"/> with <c>\uXXXX</c> in place of every hidden character outside of ASCII, and of DEL.</summary>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        if (!text.EnumerateRunes().Any(IsEscaped))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        Span<char> units = stackalloc char[2];
        foreach (var rune in text.EnumerateRunes())
        {
            foreach (var unit in units[..rune.EncodeToUtf16(units)])
            {
                _ = IsEscaped(rune) ? escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}") : escaped.Append(unit);
            }
        }

        return escaped.ToString();
    }

    private static bool IsEscaped(Rune rune) => rune.Value >= 0x7f && IsHidden(rune);

    private static bool IsHidden(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator;
}
