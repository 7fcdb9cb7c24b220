using System.Globalization;

namespace Axvault.Api.WebConsole.Layout;

/// <summary>Numbers and lists in words.</summary>
internal static class Words
{
    /// <summary>Returns a distance in time, such as "in 5 h" or "3 d ago".</summary>
    public static string Distance(TimeSpan distance)
    {
        var text = Span(distance.Duration());
        return distance < TimeSpan.Zero ? $"{text} ago" : $"in {text}";
    }

    /// <summary>Returns a length of time in its greatest unit, such as "5 h".</summary>
    public static string Span(TimeSpan time) =>
        time.TotalSeconds < 120 ? $"{(int)time.TotalSeconds} s"
        : time.TotalMinutes < 120 ? $"{(int)time.TotalMinutes} min"
        : time.TotalHours < 48 ? $"{(int)time.TotalHours} h"
        : $"{(int)time.TotalDays} d";

    /// <summary>Returns the length of a call, such as "312 ms" or "4.2 s".</summary>
    public static string Duration(TimeSpan time) =>
        time.TotalMilliseconds < 1000
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMilliseconds} ms")
            : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");

    /// <summary>Returns a number with spaces between thousands.</summary>
    public static string Number(long number) => number.ToString("#,0", Spaced);

    /// <summary>Returns "1 key" or "2 keys".</summary>
    public static string Count(long number, string noun) => $"{Number(number)} {noun}{(number == 1 ? "" : "s")}";

    /// <summary>Returns a list as a phrase: "a, b and c".</summary>
    public static string List(IReadOnlyList<string> words) =>
        words.Count < 2 ? string.Concat(words) : $"{string.Join(", ", words.SkipLast(1))} and {words[^1]}";

    // A narrow space that no line breaks at, and that every language reads as a separator.
    private static readonly NumberFormatInfo Spaced = new() { NumberGroupSeparator = "\u202F" };
}
