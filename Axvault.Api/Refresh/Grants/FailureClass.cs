namespace Axvault.Api.Refresh.Grants;

/// <summary>The class of a failed refresh.</summary>
internal enum FailureClass
{
    /// <summary>The provider refuses the token for good.</summary>
    Permanent,

    /// <summary>The provider refuses the client, whose settings the operator must correct. It has not spent the token.</summary>
    Misconfigured,

    /// <summary>The failure may pass, and the provider has not spent the token.</summary>
    Transient,

    /// <summary>The provider may have spent the token.</summary>
    Unknown,
}
