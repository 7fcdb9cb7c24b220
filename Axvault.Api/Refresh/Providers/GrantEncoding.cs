namespace Axvault.Api.Refresh.Providers;

/// <summary>The encoding of a token request.</summary>
internal enum GrantEncoding
{
    /// <summary><c>application/x-www-form-urlencoded</c>, as in RFC 6749.</summary>
    Form,

    /// <summary><c>application/json</c>, which some providers expect instead.</summary>
    Json,
}
