using Axvault.Api.Refresh.Grants;

namespace Axvault.Api.Refresh.Providers;

/// <summary>The provider of a credential, or the reason why there is none.</summary>
/// <param name="Provider">The provider.</param>
/// <param name="Error">The reason, one of the codes in <see cref="RefreshError"/>.</param>
internal readonly record struct ProviderChoice(OAuthProvider? Provider, string? Error)
{
    /// <summary>No provider of that name is configured, or nothing names one.</summary>
    public static readonly ProviderChoice Unknown = new(null, RefreshError.UnknownProvider);

    /// <summary>The agent, the provider and the shape of the data exclude each other.</summary>
    public static readonly ProviderChoice Contradicting = new(null, RefreshError.ContradictingProvider);
}
