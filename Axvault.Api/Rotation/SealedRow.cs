using Axvault.Api.Encryption;

namespace Axvault.Api.Rotation;

/// <summary>A row that holds an envelope.</summary>
/// <param name="VersionId">The id that the envelope is bound to.</param>
/// <param name="Revision">With <paramref name="VersionId"/>, identifies the row in its table.</param>
/// <param name="Name">The name that the envelope is bound to.</param>
/// <param name="Envelope">The envelope.</param>
/// <param name="Subject">The subject that the envelope is bound to; <see langword="null"/> for an unread answer.</param>
internal sealed record SealedRow(Guid VersionId, long Revision, string Name, byte[] Envelope, EnvelopeSubject? Subject);
