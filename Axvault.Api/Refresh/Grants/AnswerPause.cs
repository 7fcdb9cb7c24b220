using System.Globalization;

namespace Axvault.Api.Refresh.Grants;

/// <summary>Reads the pause that a provider asks for in <c>Retry-After</c> (RFC 9110 §10.2.3). A pause of any length is read, never ignored.</summary>
internal static class AnswerPause
{
    private static readonly TimeSpan Most = TimeSpan.FromDays(36_500);

    /// <summary>Returns the longest pause that <paramref name="response"/> asks for.</summary>
    public static TimeSpan? Read(HttpResponseMessage response, DateTimeOffset now) =>
        response.Headers.NonValidated.TryGetValues("Retry-After", out var values) ? values.Max(value => Read(value.Trim(), now)) : null;

    private static TimeSpan? Read(string text, DateTimeOffset now)
    {
        if (text.Length > 0 && text.All(char.IsAsciiDigit))
        {
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < Most.TotalSeconds
                ? TimeSpan.FromSeconds(seconds)
                : Most;
        }

        return text.Contains(':', StringComparison.Ordinal)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date)
            && date > now
            ? (date - now < Most ? date - now : Most)
            : null;
    }
}
