namespace Axvault.Api.Http;

/// <summary>Collects the faults of all fields of a request, so that one answer reports all of them.</summary>
internal sealed class FieldErrors : Dictionary<string, string>
{
    /// <summary>Adds that <paramref name="field"/> breaks <paramref name="rule"/>. The first fault of a field is kept.</summary>
    public void Report(string field, string rule) => TryAdd(field, rule);

    /// <summary>Checks a flag: <c>true</c> or <c>false</c>.</summary>
    /// <returns>The flag; <see langword="false"/> when it is absent or wrong.</returns>
    public bool Flag(string field, string? text)
    {
        if (text is not (null or "true" or "false"))
        {
            Report(field, "must be true or false");
        }

        return text == "true";
    }

    /// <summary>
    /// Checks a text: 1 to <paramref name="maxLength"/> characters, not only white space, without control characters. Line breaks may be allowed.
    /// </summary>
    /// <returns>The text, or <see langword="null"/> when it is absent or wrong.</returns>
    public string? Text(string field, string? text, int maxLength, bool required = false, bool multiline = false)
    {
        var wrong = text is null
            ? required
            : text.EnumerateRunes().Count() > maxLength
                || string.IsNullOrWhiteSpace(text)
                || text.Any(c => char.IsControl(c) && !(multiline && c is '\n' or '\r' or '\t'));
        if (wrong)
        {
            Report(field, $"must be a text of 1 to {maxLength} characters, without control characters");
        }

        return wrong ? null : text;
    }
}
