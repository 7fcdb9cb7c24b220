using Axvault.Api.Stored;

namespace Axvault.Api.Credentials.Versions;

/// <summary>The result of a change.</summary>
/// <param name="State">The outcome.</param>
internal sealed record ChangeResult(ChangeState State)
{
    /// <summary>There is nothing to change.</summary>
    public static readonly ChangeResult NotFound = new(ChangeState.NotFound);

    /// <summary>The credential exists, and must not.</summary>
    public static readonly ChangeResult Exists = new(ChangeState.Exists);

    /// <summary>The credential has another version than the request asks for.</summary>
    public static readonly ChangeResult Refused = new(ChangeState.Refused);

    /// <summary>The change was made, and there is nothing to show.</summary>
    public static readonly ChangeResult Made = new(ChangeState.Made);

    /// <summary>The credential as it is after a restore.</summary>
    public CredentialMetadata? Metadata { get; private init; }

    /// <summary>The version of the restored credential.</summary>
    public CredentialTag Tag { get; private init; }

    /// <summary>Returns the result of a restore.</summary>
    public static ChangeResult Restored(CredentialMetadata metadata, CredentialTag tag) => new(ChangeState.Made) { Metadata = metadata, Tag = tag };
}

/// <summary>The outcomes of a change.</summary>
internal enum ChangeState
{
    /// <summary>The change was made.</summary>
    Made,

    /// <summary>There is nothing to change.</summary>
    NotFound,

    /// <summary>The credential exists, and must not.</summary>
    Exists,

    /// <summary>The credential has another version than the request asks for.</summary>
    Refused,
}
