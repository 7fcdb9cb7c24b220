using Axvault.Api.Authorization;
using Axvault.Api.Encryption;

namespace Axvault.Api.Credentials;

/// <summary>A credential as it is to be stored: its data is sealed for a row id of its own, which the name's row takes over.</summary>
/// <param name="RowId">The id.</param>
/// <param name="Replaces">The row that the name belongs to; <see langword="null"/> to make one.</param>
/// <param name="Name">The credential's name.</param>
/// <param name="Attributes">What its owner said of it.</param>
/// <param name="Envelope">The sealed data.</param>
/// <param name="TokenExpiresAt">When its access token expires, as far as that is known.</param>
internal sealed record CredentialPut(Guid RowId, CredentialRow? Replaces, CredentialName Name, CredentialAttributes Attributes, byte[] Envelope, DateTimeOffset? TokenExpiresAt)
{
    /// <summary>The state that the row must be in; <see langword="null"/> for any.</summary>
    public CredentialTag? Expected { get; init; }

    /// <summary>Whether both can be put in one transaction, one after the other, as they were decided.</summary>
    public bool GoesWith(CredentialPut other)
    {
        ArgumentNullException.ThrowIfNull(other);

        return Name != other.Name || (Replaces is { } row && row.Id == other.Replaces?.Id && Expected is null);
    }
}

/// <summary>The row that a name belongs to.</summary>
/// <param name="Id">Its id, which the envelope is bound to.</param>
/// <param name="KeyId">The key that its data is under.</param>
internal sealed record CredentialRow(Guid Id, KekId KeyId);
