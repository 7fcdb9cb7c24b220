using System.Net;

namespace Axvault.Tests.Harness.Provider;

/// <summary>A request that a <see cref="FaultProxy"/> took, in its current state.</summary>
/// <param name="Number">The number of the request, from 1.</param>
/// <param name="At">The time at which the request had been read.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="UserAgent">The <c>User-Agent</c> header.</param>
/// <param name="ContentType">The <c>Content-Type</c> header.</param>
/// <param name="Authorization">The <c>Authorization</c> header: a client may authenticate by Basic.</param>
/// <param name="Parameters">The posted parameters, from a form or from JSON.</param>
public sealed record ProxiedRequest(
    int Number,
    DateTimeOffset At,
    string Method,
    string? UserAgent,
    string? ContentType,
    string? Authorization,
    IReadOnlyDictionary<string, string> Parameters
)
{
    /// <summary>The refresh token that the client sent.</summary>
    public string? RefreshToken => Parameters.GetValueOrDefault("refresh_token");

    /// <summary><see langword="true"/> when the provider was sent the request and may have acted on it; otherwise <see langword="false"/>.</summary>
    public bool Forwarded { get; init; }

    /// <summary>The status that the provider answered with, even if the client got another one.</summary>
    public HttpStatusCode? ProviderStatus { get; init; }

    /// <summary>The tokens that the provider granted, even if the client never got them.</summary>
    public IssuedTokens? Issued { get; init; }

    /// <inheritdoc />
    public override string ToString() =>
        $"request {Number} by {UserAgent}: {(Forwarded ? $"forwarded, {ProviderStatus?.ToString() ?? "no answer yet"}" : "not forwarded")}";
}
