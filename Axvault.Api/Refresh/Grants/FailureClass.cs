namespace Axvault.Api.Refresh.Grants;

/// <summary>How bad a failure is.</summary>
internal enum FailureClass
{
    /// <summary>The provider refuses the token for good.</summary>
    Permanent,

    /// <summary>It may pass, and the provider has not taken the token.</summary>
    Transient,

    /// <summary>Whether the provider has taken the token is not known.</summary>
    Unknown,
}
