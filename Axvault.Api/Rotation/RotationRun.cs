using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>One turn of the rotation on this server.</summary>
/// <param name="kek">The KEK that rows are moved to.</param>
internal sealed class RotationRun(KekId kek)
{
    /// <summary>The KEK that rows are moved to.</summary>
    public KekId Kek { get; } = kek;

    /// <summary><see langword="true"/> when the begin of the rotation is recorded; otherwise <see langword="false"/>.</summary>
    public bool HasBegun { get; set; }

    /// <summary>The number of rows of this pass that do not open.</summary>
    public long Unreadable { get; set; }

    /// <summary>The timestamp of the last log line about the progress.</summary>
    public long? ToldAt { get; set; }
}
