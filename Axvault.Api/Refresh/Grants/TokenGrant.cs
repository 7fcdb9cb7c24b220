using Axvault.Api.Refresh.Shapes;

namespace Axvault.Api.Refresh.Grants;

/// <summary>A grant that a provider exchanges for tokens (RFC 6749 §1.3). Never printed: it is worth as much as the tokens.</summary>
internal sealed class TokenGrant
{
    /// <summary>No grant: the client alone.</summary>
    public static readonly TokenGrant None = new(takesScope: true, []);

    private readonly Dictionary<string, string> _parameters;

    private TokenGrant(bool takesScope, Dictionary<string, string> parameters) => (TakesScope, _parameters) = (takesScope, parameters);

    /// <summary><see langword="true"/> when the scope is sent with the grant; <see langword="false"/> when it was said before.</summary>
    public bool TakesScope { get; }

    /// <summary>Returns the grant of a refresh token (RFC 6749 §6).</summary>
    public static TokenGrant Of(RefreshToken token) =>
        new(takesScope: true, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = token.Reveal() });

    /// <summary>Returns the grant of an authorization code (RFC 6749 §4.1.3) with its proof key (RFC 7636 §4.5).</summary>
    /// <param name="code">The code.</param>
    /// <param name="verifier">The code verifier.</param>
    /// <param name="redirectUrl">The redirection address, as in the authorization request.</param>
    public static TokenGrant OfCode(string code, string verifier, Uri redirectUrl) =>
        new(
            takesScope: false,
            new()
            {
                ["grant_type"] = "authorization_code",
                ["code"] = code,
                ["code_verifier"] = verifier,
                ["redirect_uri"] = redirectUrl.OriginalString,
            }
        );

    /// <summary>Returns the grant of a device code (RFC 8628 §3.4).</summary>
    public static TokenGrant OfDevice(string deviceCode) =>
        new(takesScope: false, new() { ["grant_type"] = "urn:ietf:params:oauth:grant-type:device_code", ["device_code"] = deviceCode });

    /// <summary>Returns the parameters, for the provider alone.</summary>
    public IReadOnlyDictionary<string, string> Reveal() => _parameters;

    /// <inheritdoc />
    public override string ToString() => "…";
}
