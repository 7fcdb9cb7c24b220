using System.Text.Json;

namespace Axvault.Client;

/// <summary>An issuer of workloads' tokens, as its author writes it.</summary>
/// <example><code>await vault.Issuers.PutAsync("github", new() { Issuer = "https://token.actions.githubusercontent.com" });</code></example>
public record WorkloadIssuerSettings
{
    /// <summary>The exact <c>iss</c> of its tokens.</summary>
    public required string Issuer { get; init; }

    /// <summary>The https URL of its keys; <see langword="null"/> when they are inline, or found by discovery.</summary>
    public string? JwksUrl { get; init; }

    /// <summary>Its public keys (RFC 7517); <see langword="null"/> when they are fetched.</summary>
    public JsonElement? Jwks { get; init; }

    /// <summary>The signature algorithms that it uses; <see langword="null"/> for all.</summary>
    public IReadOnlyList<string>? Algorithms { get; init; }
}

/// <summary>An issuer of workloads' tokens.</summary>
/// <example><code>var failure = (await vault.Issuers.ReadAsync("github")).KeysFailure;</code></example>
public sealed record WorkloadIssuer : WorkloadIssuerSettings
{
    /// <summary>The name in this vault.</summary>
    public required string Name { get; init; }

    /// <summary>The keys that signatures are verified with; empty in a list.</summary>
    public IReadOnlyList<WorkloadIssuerKey> Keys { get => field ?? []; init; }

    /// <summary>The time at which the keys were last fetched; <see langword="null"/> before, and for inline keys.</summary>
    public DateTimeOffset? KeysFetchedAt { get; init; }

    /// <summary>The reason why the last fetch failed; <see langword="null"/> when it succeeded.</summary>
    public string? KeysFailure { get; init; }

    /// <summary>The time of the failed fetch; <see langword="null"/> when it succeeded.</summary>
    public DateTimeOffset? KeysFailedAt { get; init; }

    /// <summary>The time at which the issuer was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of its last change.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>A public key of an issuer.</summary>
/// <param name="Kid">The key id.</param>
/// <param name="Kty">The type: <c>RSA</c> or <c>EC</c>.</param>
/// <param name="Alg">The only algorithm of the key; <see langword="null"/> when the key set names none.</param>
/// <param name="Crv">The curve; <see langword="null"/> for an RSA key.</param>
/// <example><code>issuer.Keys.Select(key => key.Kid)</code></example>
public sealed record WorkloadIssuerKey(string Kid, string Kty, string? Alg, string? Crv);
