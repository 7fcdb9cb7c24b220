namespace Axvault.Api.Refresh.Providers;

/// <summary>The place in which a client sends its secret (RFC 6749 §2.3.1).</summary>
internal enum ClientAuthentication
{
    /// <summary><c>client_secret</c> in the body.</summary>
    Body,

    /// <summary>The <c>Authorization</c> header, with the Basic scheme.</summary>
    Basic,
}
