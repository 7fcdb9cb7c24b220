namespace Axvault.Api.Refresh.Providers;

/// <summary>How a client sends its secret (RFC 6749 §2.3.1).</summary>
internal enum ClientAuthentication
{
    /// <summary>As <c>client_secret</c> in the body.</summary>
    Body,

    /// <summary>In the <c>Authorization</c> header, by the Basic scheme.</summary>
    Basic,
}
