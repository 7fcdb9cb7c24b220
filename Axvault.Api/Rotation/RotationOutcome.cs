namespace Axvault.Api.Rotation;

/// <summary>What came of a turn of the rotation.</summary>
internal enum RotationOutcome
{
    /// <summary>Nothing is to be moved.</summary>
    Idle,

    /// <summary>Another server does it, or the fleet does not agree on a key any more.</summary>
    Left,

    /// <summary>What is not moved does not open.</summary>
    Futile,

    /// <summary>Everything that opens is under the current key.</summary>
    Finished,
}
