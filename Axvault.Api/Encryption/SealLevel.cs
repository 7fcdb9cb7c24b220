namespace Axvault.Api.Encryption;

/// <summary>
/// The part of a vault that is sealed. A new vault begins with the highest level. A vault of an older version is raised once every server of the fleet knows
/// the level, and never goes back.
/// </summary>
/// <remarks>
/// The check value of each KEK in <c>axvault.kek</c> is derived for one level. So only the encryption key, or an older copy of the row, can lower the level.
/// </remarks>
internal enum SealLevel
{
    /// <summary>The rows of keys have no MAC, as in versions before 0.3.</summary>
    None = 1,

    /// <summary>A row of a <see cref="SealedTable"/> needs a MAC that fits. Envelopes are sealed for their <see cref="EnvelopeSubject"/>.</summary>
    Rows = 2,
}
