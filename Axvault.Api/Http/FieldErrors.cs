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

    /// <summary>Checks that a parameter is given at most once.</summary>
    /// <returns>The text, or <see langword="null"/> when it is absent or repeated.</returns>
    public string? Single(string field, string[] texts)
    {
        if (texts.Length > 1)
        {
            Report(field, "must be given once");
        }

        return texts is [var text] ? text : null;
    }

    /// <summary>Checks that a parameter is given at most once, and follows a rule.</summary>
    /// <returns>The text, or <see langword="null"/> when it is absent or wrong.</returns>
    public string? Single(string field, string[] texts, string rule, Func<string, bool> isValid)
    {
        var text = Single(field, texts);
        if (text is null || isValid(text))
        {
            return text;
        }

        Report(field, rule);
        return null;
    }

    /// <summary>Checks that a parameter is given at most once, as one of <paramref name="values"/>.</summary>
    /// <returns>The text, or <see langword="null"/> when it is absent or wrong.</returns>
    public string? OneOf(string field, string[] texts, IReadOnlyCollection<string> values) =>
        Single(field, texts, $"must be one of {string.Join(", ", values)}", values.Contains);

    /// <summary>Checks that a parameter is given at most once, as a time.</summary>
    /// <returns>The time, or <see langword="null"/> when it is absent or wrong.</returns>
    public DateTimeOffset? Time(string field, string[] texts) =>
        Single(field, texts, Timestamp.Rule, static text => Timestamp.TryParse(text, out _)) is { } text && Timestamp.TryParse(text, out var time)
            ? time
            : null;
}
