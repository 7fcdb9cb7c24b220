using System.Net;

namespace Axvault.Tests.Provider;

/// <summary>A request that a <see cref="FaultProxy"/> took, as far as it has come.</summary>
/// <param name="Number">1 for the first request that the proxy took.</param>
/// <param name="At">When the whole of it had been read.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="UserAgent">The header, as it came.</param>
/// <param name="ContentType">The header, as it came.</param>
/// <param name="Authorization">The header, as it came: a client may authenticate by Basic.</param>
/// <param name="Parameters">What was posted, as a form or as JSON.</param>
public sealed record ProxiedRequest(
    int Number, DateTimeOffset At, string Method, string? UserAgent, string? ContentType, string? Authorization, IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>The refresh token that the client wants to use.</summary>
    public string? RefreshToken => Parameters.GetValueOrDefault("refresh_token");

    /// <summary>Whether the provider was sent the request, and may have acted on it.</summary>
    public bool Forwarded { get; init; }

    /// <summary>What the provider answered, whatever the client was told.</summary>
    public HttpStatusCode? ProviderStatus { get; init; }

    /// <summary>What the provider granted, whether or not the client got it.</summary>
    public IssuedTokens? Issued { get; init; }

    /// <inheritdoc />
    public override string ToString() => $"request {Number} by {UserAgent}: {(Forwarded ? $"forwarded, {ProviderStatus?.ToString() ?? "no answer yet"}" : "not forwarded")}";
}
