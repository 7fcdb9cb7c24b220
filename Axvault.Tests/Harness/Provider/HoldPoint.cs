namespace Axvault.Tests.Harness.Provider;

/// <summary>A point at which a <see cref="FaultProxy"/> can hold a request.</summary>
public enum HoldPoint
{
    /// <summary>The client has sent the request, and the provider does not know of it.</summary>
    BeforeForwarding,

    /// <summary>The provider has answered and used the refresh token up, and the client does not know.</summary>
    BeforeAnswering,
}
