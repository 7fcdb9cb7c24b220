namespace Axvault.Api.Credentials.Login;

/// <summary>A login between its two calls. It travels sealed with the client, so every replica can finish it. A class, because it holds secrets.</summary>
internal sealed class BegunLogin
{
    /// <summary>The provider.</summary>
    public required string Provider { get; init; }

    /// <summary>The time at which it ends.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>With the device flow: the code that is exchanged for tokens.</summary>
    public string? DeviceCode { get; init; }

    /// <summary>With the device flow: the shortest time between two requests to the provider, in seconds.</summary>
    public int Interval { get; init; }

    /// <summary>With the paste flow: the state that the answer must repeat (RFC 6749 §10.12).</summary>
    public string? State { get; init; }

    /// <summary>With the paste flow: the code verifier (RFC 7636 §4.1).</summary>
    public string? Verifier { get; init; }

    /// <summary>With the device flow: returns the same login with another time between two requests.</summary>
    public BegunLogin WithInterval(int seconds) =>
        new()
        {
            Provider = Provider,
            ExpiresAt = ExpiresAt,
            DeviceCode = DeviceCode,
            Interval = seconds,
        };
}
