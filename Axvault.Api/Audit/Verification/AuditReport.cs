using System.Globalization;

namespace Axvault.Api.Audit.Verification;

/// <summary>The result of a verification of the ledger.</summary>
internal sealed record AuditReport
{
    /// <summary>
    /// <see langword="true"/> when every entry is intact, none is missing, and no row is older than an entry says; otherwise <see langword="false"/>.
    /// </summary>
    public required bool Valid { get; init; }

    /// <summary>The number of intact entries.</summary>
    public required long Entries { get; init; }

    /// <summary>The number of intact lanes.</summary>
    public required long Lanes { get; init; }

    /// <summary>The number of the newest intact checkpoint.</summary>
    public long? LastCheckpoint { get; init; }

    /// <summary>The newest checkpoint, sealed. Keep it elsewhere, and give it to a later verification.</summary>
    public string? Head { get; init; }

    /// <summary>The first fault.</summary>
    public string? Fault { get; init; }

    /// <summary>The lane of the faulty entry, or of the one that a row is older than.</summary>
    public long? Lane { get; init; }

    /// <summary>The number of the faulty entry in its lane.</summary>
    public long? Sequence { get; init; }

    /// <summary>The number of the faulty checkpoint.</summary>
    public long? Checkpoint { get; init; }

    /// <summary>A sentence about the fault.</summary>
    public string? Detail { get; init; }

    /// <summary>Returns the place of the fault, in words.</summary>
    public string ToPlace() =>
        Lane is null
            ? string.Create(CultureInfo.InvariantCulture, $"checkpoint {Checkpoint}")
            : string.Create(CultureInfo.InvariantCulture, $"lane {Lane}, entry {Sequence}");
}

/// <summary>The possible faults of a ledger.</summary>
internal static class AuditFault
{
    /// <summary>An entry or a checkpoint was changed.</summary>
    public const string Changed = "changed";

    /// <summary>An entry, a lane or a checkpoint is missing.</summary>
    public const string Removed = "removed";

    /// <summary>An entry, a lane or a checkpoint was not written by a server of the vault.</summary>
    public const string Inserted = "inserted";

    /// <summary>An entry or a checkpoint is under a key that the verifying server lacks.</summary>
    public const string UnknownKey = "unknown-key";

    /// <summary>An entry or a checkpoint is under a key that was retired before.</summary>
    public const string RetiredKey = "retired-key";

    /// <summary>All entries are intact, and a row of the vault is older than one of them says.</summary>
    public const string RolledBack = "rolled-back";

    /// <summary>The given anchor is not from a server of this vault.</summary>
    public const string ForeignAnchor = "foreign-anchor";
}
