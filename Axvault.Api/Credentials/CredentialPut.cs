using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Credentials;

/// <summary>A credential as it is to be stored: its data is sealed for the row that it goes into.</summary>
/// <param name="RowId">The row.</param>
/// <param name="IsNew">Whether the row is to be made.</param>
/// <param name="Name">The credential's name.</param>
/// <param name="Attributes">What its owner said of it.</param>
/// <param name="Envelope">The sealed data.</param>
/// <param name="TokenExpiresAt">When its access token expires, as far as that is known.</param>
internal sealed record CredentialPut(Guid RowId, bool IsNew, CredentialName Name, CredentialAttributes Attributes, byte[] Envelope, DateTimeOffset? TokenExpiresAt);

/// <summary>The row that a name belongs to.</summary>
/// <param name="Id">Its id, which the envelope is bound to.</param>
/// <param name="KeyId">The key that its data is under.</param>
internal sealed record CredentialRow(Guid Id, KekId KeyId);
