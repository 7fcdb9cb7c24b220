using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>How far the rotation of the encryption key has come.</summary>
/// <param name="Key">The key that everything is moved to, or was last; <see langword="null"/> before the first.</param>
/// <param name="IsFinished">Whether it is done.</param>
/// <param name="Reencrypted">How many rows it has moved.</param>
/// <param name="Unreadable">How many it could not, when it was done.</param>
internal sealed record RotationState(KekId? Key, bool IsFinished, long Reencrypted, long Unreadable);
