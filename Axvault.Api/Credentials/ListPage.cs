using System.Globalization;
using Axvault.Api.Authorization;
using Axvault.Api.Http;

namespace Axvault.Api.Credentials;

/// <summary>Which part of the list a client asked for.</summary>
/// <param name="Limit">The greatest number of credentials; <see langword="null"/> for all of them.</param>
/// <param name="After">The last name that the client has seen.</param>
internal sealed record ListPage(int? Limit, CredentialName? After)
{
    /// <summary>The greatest page; a greater limit is cut down to it.</summary>
    public const int MaxLimit = 1000;

    /// <summary>Reads the query parameters <c>limit</c> and <c>cursor</c>, each at most once.</summary>
    public static bool TryParse(IQueryCollection query, FieldErrors errors, out ListPage page)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(errors);

        int? limit = null;
        if (query.TryGetValue("limit", out var limits))
        {
            limit = ParseLimit(limits.Count == 1 ? limits[0] : null);
            if (limit is null)
            {
                errors.Report("limit", $"must be a whole number from 1 to {MaxLimit}");
            }
        }

        CredentialName? after = null;
        if (query.TryGetValue("cursor", out var cursors))
        {
            if (cursors.Count != 1 || !CredentialName.TryParse(cursors[0], out after))
            {
                errors.Report("cursor", "must be the nextCursor of the page before");
            }

            if (!query.ContainsKey("limit"))
            {
                errors.Report("cursor", "goes with a limit");
            }
        }

        page = new ListPage(limit, after);
        return errors.Count == 0;
    }

    // Digits that do not fit a number are a number above the greatest page all the same.
    private static int? ParseLimit(string? text) =>
        string.IsNullOrEmpty(text) || text.AsSpan().ContainsAnyExceptInRange('0', '9') ? null
        : !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? MaxLimit
        : limit == 0 ? null
        : Math.Min(limit, MaxLimit);
}
