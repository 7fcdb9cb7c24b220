using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace Axvault.Api.WebConsole.Oidc;

/// <summary>A sign-in that is under way at the provider. Only the browser that began it has it, sealed in a cookie.</summary>
/// <param name="State">The random text that the provider sends back. Another site cannot know it (RFC 6749 §10.12).</param>
/// <param name="Nonce">The random text that the token must have (OpenID Connect Core 1.0 §3.1.2.1).</param>
/// <param name="Verifier">The secret that proves that the code was asked for here (RFC 7636 §4.1).</param>
/// <param name="Callback">The address that the provider leads back to.</param>
/// <param name="ReturnPath">The page to show after the sign-in.</param>
/// <param name="StartedAt">The time of the start.</param>
internal sealed record OidcAttempt(string State, string Nonce, string Verifier, string Callback, string ReturnPath, DateTimeOffset StartedAt)
{
    /// <summary>The longest time of an attempt.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>The path of <see cref="Callback"/>.</summary>
    public const string CallbackPath = "/console/sign-in/oidc/callback";

    // A browser keeps 4096 bytes of a cookie, and a letter may take eight of them.
    private const int MaxReturnLength = 400;
    private const int RandomBytes = 32;

    /// <summary><see langword="true"/> when the browser sees the console over TLS; otherwise <see langword="false"/>.</summary>
    [JsonIgnore]
    public bool IsOverTls => Callback.StartsWith("https:", StringComparison.OrdinalIgnoreCase);

    /// <summary>The hash of the verifier, which the provider gets first (RFC 7636 §4.2).</summary>
    [JsonIgnore]
    public string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    /// <summary>Begins an attempt.</summary>
    /// <param name="origin">The origin of the console as the browser sees it.</param>
    /// <param name="returnPath">The page to show after the sign-in.</param>
    /// <param name="now">The time.</param>
    public static OidcAttempt Begin(string origin, string returnPath, DateTimeOffset now) =>
        new(Random(), Random(), Random(), origin + CallbackPath, returnPath.Length > MaxReturnLength ? "/console" : returnPath, now);

    /// <summary>Returns <see langword="true"/> when the attempt is too old; otherwise <see langword="false"/>.</summary>
    public bool HasEnded(DateTimeOffset now) => now - StartedAt >= Lifetime || StartedAt > now + TimeSpan.FromMinutes(1);

    /// <summary>Returns <see langword="true"/> when the provider has sent this attempt's state back; otherwise <see langword="false"/>.</summary>
    public bool HasState(string state) => IsSame(state, State);

    /// <summary>Returns <see langword="true"/> when a token was made for this attempt; otherwise <see langword="false"/>.</summary>
    public bool HasNonce(string nonce) => IsSame(nonce, Nonce);

    /// <inheritdoc />
    public override string ToString() => "an attempt to sign in";

    private static bool IsSame(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
}

/// <summary>The JSON inside the cookie of an attempt.</summary>
[JsonSerializable(typeof(OidcAttempt))]
internal sealed partial class OidcJsonContext : JsonSerializerContext;
