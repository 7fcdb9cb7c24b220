using System.Globalization;

namespace Axvault.Api.WebConsole.Keys;

/// <summary>The fields of the rights and limits of a key or a rule, as texts. Lists have an entry in each line, or commas between them.</summary>
/// <param name="Read">The names that the key may read.</param>
/// <param name="Write">The names that the key may write.</param>
/// <param name="Use">The names that the key may use through the broker.</param>
/// <param name="Grant">The entries that the key may grant.</param>
/// <param name="Cidrs">The networks that it works from.</param>
/// <param name="Requests">The limit on calls through the broker, in a minute.</param>
/// <param name="Tokens">The limit on tokens through the broker, in a day.</param>
public sealed record RightsFields(string Read, string Write, string Use, string Grant, string Cidrs, string Requests, string Tokens)
{
    private static readonly char[] Separators = ['\n', '\r', ',', ' ', '\t'];

    /// <summary>Empty fields.</summary>
    internal static readonly RightsFields Empty = new("", "", "", "", "", "", "");

    /// <summary>Returns the fields of a form.</summary>
    internal static RightsFields Of(ConsoleVisit visit) =>
        new(
            visit.Text("read") ?? "",
            visit.Text("write") ?? "",
            visit.Text("use") ?? "",
            visit.Text("grant") ?? "",
            visit.Text("cidrs") ?? "",
            visit.Text("requests") ?? "",
            visit.Text("tokens") ?? ""
        );

    /// <summary>Returns the fields of what is stored.</summary>
    internal static RightsFields Of(Rights rights) =>
        new(
            Lines(rights.Read),
            Lines(rights.Write),
            Lines(rights.Use),
            Lines(rights.Grant),
            Lines(rights.Cidrs),
            rights.RequestsPerMinute?.ToString(CultureInfo.InvariantCulture) ?? "",
            rights.TokensPerDay?.ToString(CultureInfo.InvariantCulture) ?? ""
        );

    /// <summary>Returns the rights that the fields describe.</summary>
    internal Rights ToRights() =>
        new(Split(Read), Split(Write), Split(Use), Split(Grant), Split(Cidrs), (int?)Number(Requests, int.MaxValue), Number(Tokens, long.MaxValue));

    /// <summary>Returns the entries of a list.</summary>
    internal static string[] Split(string text) => text.Split(Separators, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Returns the text of a list, with an entry in each line.</summary>
    internal static string Lines(IEnumerable<string> entries) => string.Join('\n', entries);

    /// <summary>Returns a whole number; <see langword="null"/> for an empty text.</summary>
    /// <remarks>A text that is no number becomes one that the API refuses, by the name of its field: never a key without that limit.</remarks>
    internal static long? Number(string text, long most) =>
        text.Length == 0 ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most ? number
        : -1;
}
