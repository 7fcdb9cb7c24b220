namespace Axvault.Api.Credentials.Login;

/// <summary>The names of the flows by which a person logs in.</summary>
internal static class LoginFlow
{
    /// <summary>A code that the person confirms in a browser (RFC 8628).</summary>
    public const string Device = "device";

    /// <summary>An address that the person pastes after the login (RFC 6749 §4.1 with RFC 7636).</summary>
    public const string Paste = "paste";

    /// <summary>The rule, in words for an error message.</summary>
    public const string Rule = "must be device or paste";
}
