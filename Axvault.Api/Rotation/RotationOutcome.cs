namespace Axvault.Api.Rotation;

/// <summary>The outcome of a turn of the rotation.</summary>
internal enum RotationOutcome
{
    /// <summary>No row had to be moved.</summary>
    Idle,

    /// <summary>Another server holds the claim, or the fleet no longer agrees on a KEK.</summary>
    Left,

    /// <summary>Only rows that do not open are left.</summary>
    Futile,

    /// <summary>Every row that opens is under the current KEK.</summary>
    Finished,
}
