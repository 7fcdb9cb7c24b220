using System.Globalization;
using Axvault.Api.Refresh.Providers;

namespace Axvault.Api.Refresh;

/// <summary>The words of the audit entries of a refresh.</summary>
internal static class RefreshWords
{
    /// <summary>Returns the words for a provider and the time that it took: they begin the reason. Without a time, nothing was sent.</summary>
    public static string Describe(OAuthProvider provider, TimeSpan? took) =>
        took is { } time ? string.Create(CultureInfo.InvariantCulture, $"{provider.Name}, {(long)time.TotalMilliseconds} ms") : provider.Name;
}
