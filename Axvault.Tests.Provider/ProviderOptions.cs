namespace Axvault.Tests.Provider;

/// <summary>The settings of the provider, in the section <c>Provider</c>.</summary>
internal sealed class ProviderOptions
{
    /// <summary>The time after its use, in seconds, during which a refresh token may be used again. With 0, a second use revokes the family.</summary>
    public int ReuseLeewaySeconds { get; init; }

    /// <summary>The lifetime of access tokens in seconds, unless the grant sets another.</summary>
    public int AccessTokenSeconds { get; init; } = 3600;
}
