namespace Axvault.Api.Refresh.Providers;

/// <summary>How the body of a token request is written.</summary>
internal enum GrantEncoding
{
    /// <summary><c>application/x-www-form-urlencoded</c>, as RFC 6749 has it.</summary>
    Form,

    /// <summary><c>application/json</c>, which some providers take instead.</summary>
    Json,
}
