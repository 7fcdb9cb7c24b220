using System.Globalization;

namespace Axvault.Api.Http;

/// <summary>The query parameter <c>limit</c>: a whole number from 1 on.</summary>
internal static class LimitParameter
{
    /// <summary>Reads <paramref name="text"/>. Returns <see langword="false"/> when it is not a whole number from 1 on.</summary>
    /// <param name="text">The text of the parameter.</param>
    /// <param name="most">The greatest value. A greater one counts as this.</param>
    /// <param name="limit">The value.</param>
    public static bool TryParse(string? text, int most, out int limit)
    {
        limit = 0;
        if (string.IsNullOrEmpty(text) || text.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        // Digits that do not fit a number are a number above the greatest value all the same.
        limit = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, most) : most;
        return limit > 0;
    }
}
