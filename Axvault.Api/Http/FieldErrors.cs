namespace Axvault.Api.Http;

/// <summary>Collects what is wrong with the fields of a request, so that a client learns of all of it at once.</summary>
internal sealed class FieldErrors : Dictionary<string, string>
{
    /// <summary>Notes that <paramref name="field"/> breaks <paramref name="rule"/>; of several, the first is kept.</summary>
    public void Report(string field, string rule) => TryAdd(field, rule);

    /// <summary>Checks a text: between 1 and <paramref name="maxLength"/> characters, not only white space, no control characters (line breaks, where allowed).</summary>
    /// <returns>The text, or <see langword="null"/> when it is absent or wrong.</returns>
    public string? Text(string field, string? text, int maxLength, bool required = false, bool multiline = false)
    {
        var wrong = text is null
            ? required
            : text.EnumerateRunes().Count() > maxLength || string.IsNullOrWhiteSpace(text) || text.Any(c => char.IsControl(c) && !(multiline && c is '\n' or '\r' or '\t'));
        if (wrong)
        {
            Report(field, $"must be a text of 1 to {maxLength} characters, without control characters");
        }

        return wrong ? null : text;
    }
}
