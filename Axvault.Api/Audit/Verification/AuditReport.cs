namespace Axvault.Api.Audit.Verification;

/// <summary>What a verification of the chain found.</summary>
internal sealed record AuditReport
{
    /// <summary>Whether every entry is what was written, and none is missing.</summary>
    public required bool Valid { get; init; }

    /// <summary>The number of entries that were found to be right.</summary>
    public required long Entries { get; init; }

    /// <summary>The number of the first entry.</summary>
    public long? FirstSequence { get; init; }

    /// <summary>The number of the last entry that was found to be right.</summary>
    public long? LastSequence { get; init; }

    /// <summary>The last entry, sealed: to be kept somewhere else, and given to a later verification.</summary>
    public string? Head { get; init; }

    /// <summary>What is wrong first.</summary>
    public string? Fault { get; init; }

    /// <summary>The number of the entry that is wrong.</summary>
    public long? Sequence { get; init; }

    /// <summary>A sentence.</summary>
    public string? Detail { get; init; }
}

/// <summary>What can be wrong with a chain.</summary>
internal static class AuditFault
{
    /// <summary>An entry is not as it was written.</summary>
    public const string Changed = "changed";

    /// <summary>An entry is missing.</summary>
    public const string Removed = "removed";

    /// <summary>An entry is there that no server wrote.</summary>
    public const string Inserted = "inserted";

    /// <summary>An entry is under a key that the verifying server has not.</summary>
    public const string UnknownKey = "unknown-key";

    /// <summary>The anchor that was given is of no server of this vault.</summary>
    public const string ForeignAnchor = "foreign-anchor";
}
