using System.Globalization;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Html;

namespace Axvault.Api.WebConsole.Layout;

/// <summary>The small parts that many pages share.</summary>
internal static class Markup
{
    private const string Form = "yyyy-MM-dd HH:mm";

    /// <summary>Returns a time, in UTC to the minute; a dash when there is none.</summary>
    public static IHtmlContent Time(DateTimeOffset? time) =>
        time is { } at ? new HtmlString($"<time datetime=\"{Iso(at)}\">{at.ToUniversalTime().ToString(Form, CultureInfo.InvariantCulture)}</time>") : Dash;

    /// <summary>Returns a time by its distance from <paramref name="now"/>, such as "in 5 h" or "3 d ago"; a dash when there is none.</summary>
    public static IHtmlContent Distance(DateTimeOffset? time, DateTimeOffset now) =>
        time is { } at ? new HtmlString($"<time datetime=\"{Iso(at)}\">{Words.Distance(at - now)}</time>") : Dash;

    /// <summary>Returns the hidden field with the token of a form.</summary>
    public static IHtmlContent Token(PageFrame frame) =>
        new HtmlString($"<input type=\"hidden\" name=\"{ConsoleRules.TokenField}\" value=\"{frame.SignedIn?.FormToken}\">");

    /// <summary>Returns a short word on a coloured ground.</summary>
    /// <param name="tone">The colour.</param>
    /// <param name="word">The word.</param>
    public static IHtmlContent Mark(Tone tone, string word) =>
        new HtmlString($"<span class=\"mark {Class(tone)}\">{HtmlEncoder.Default.Encode(word)}</span>");

    /// <summary>Returns the class of a colour.</summary>
    public static string Class(Tone tone) =>
        tone switch
        {
            Tone.Good => "good",
            Tone.Warn => "warn",
            Tone.Bad => "bad",
            _ => "plain",
        };

    private static HtmlString Dash => new("<span class=\"aside\">–</span>");

    private static string Iso(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
