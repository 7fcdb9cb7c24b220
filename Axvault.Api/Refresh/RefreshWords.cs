using System.Globalization;
using Axvault.Api.Refresh.Providers;

namespace Axvault.Api.Refresh;

/// <summary>The words of the audit entries of a refresh.</summary>
internal static class RefreshWords
{
    /// <summary>Returns the words for a provider and the time that it took, which begin the reason.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="took">The time; <see langword="null"/> when nothing was sent, or no one knows it.</param>
    public static string Describe(OAuthProvider provider, TimeSpan? took) =>
        took is { } time ? string.Create(CultureInfo.InvariantCulture, $"{provider.Name}, {(long)time.TotalMilliseconds} ms") : provider.Name;
}
