namespace Axvault.Api.Credentials.Versions;

/// <summary>What came of a restore or a deletion.</summary>
/// <param name="State">How it ended.</param>
internal sealed record ChangeResult(ChangeState State)
{
    /// <summary>There is nothing to change.</summary>
    public static readonly ChangeResult NotFound = new(ChangeState.NotFound);

    /// <summary>The credential exists, where it must not.</summary>
    public static readonly ChangeResult Exists = new(ChangeState.Exists);

    /// <summary>The credential is not in the state that the request asks for.</summary>
    public static readonly ChangeResult Refused = new(ChangeState.Refused);

    /// <summary>The credential is removed.</summary>
    public static readonly ChangeResult Removed = new(ChangeState.Made);

    /// <summary>The credential as it is after a restore.</summary>
    public CredentialMetadata? Metadata { get; private init; }

    /// <summary>Which state it is then.</summary>
    public CredentialTag Tag { get; private init; }

    /// <summary>The credential is in a state that was kept.</summary>
    public static ChangeResult Restored(CredentialMetadata metadata, CredentialTag tag) => new(ChangeState.Made) { Metadata = metadata, Tag = tag };
}

/// <summary>How a restore or a deletion ended.</summary>
internal enum ChangeState
{
    /// <summary>It was made.</summary>
    Made,

    /// <summary>There is nothing to change.</summary>
    NotFound,

    /// <summary>The credential exists, where it must not.</summary>
    Exists,

    /// <summary>The credential is not in the state that the request asks for.</summary>
    Refused,
}
