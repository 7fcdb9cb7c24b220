using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>The progress of the key rotation.</summary>
/// <param name="Kek">The KEK of the present or last rotation; <see langword="null"/> before the first.</param>
/// <param name="IsFinished"><see langword="true"/> when the rotation is done; otherwise <see langword="false"/>.</param>
/// <param name="Reencrypted">The number of rows that it has moved.</param>
/// <param name="Unreadable">The number of rows that did not open.</param>
internal sealed record RotationState(KekId? Kek, bool IsFinished, long Reencrypted, long Unreadable);
