namespace Axvault.Tests.Provider;

/// <summary>What can be set, in the section <c>Provider</c>.</summary>
internal sealed class ProviderOptions
{
    /// <summary>For how many seconds after its use a refresh token may be used again; 0: never, and a second use revokes the family.</summary>
    public int ReuseLeewaySeconds { get; init; }

    /// <summary>How many seconds access tokens live, when the grant does not say.</summary>
    public int AccessTokenSeconds { get; init; } = 3600;
}
