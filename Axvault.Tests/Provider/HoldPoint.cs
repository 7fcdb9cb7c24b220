namespace Axvault.Tests.Provider;

/// <summary>Where a <see cref="FaultProxy"/> can hold a request.</summary>
public enum HoldPoint
{
    /// <summary>The client has sent it; the provider does not know of it.</summary>
    BeforeForwarding,

    /// <summary>The provider has answered, and used the refresh token up; the client does not know.</summary>
    BeforeAnswering,
}
