namespace Axvault.Api.Encryption;

/// <summary>
/// A table whose rows hold envelopes: a column <c>envelope</c>, and an indexed <c>key_id</c> that is generated from it. The keys that data needs are looked for in all
/// of them, and a rotation goes through all of them.
/// </summary>
/// <param name="Name">The table, in the schema <c>axvault</c>.</param>
/// <param name="RowId">The column with the id that the envelope is bound to.</param>
/// <param name="Version">The column that with <paramref name="RowId"/> tells the rows apart.</param>
/// <param name="CredentialName">The name that the envelope is bound to: an expression over the table, called <c>t</c>.</param>
internal sealed record EnvelopeTable(string Name, string RowId, string Version, string CredentialName)
{
    /// <summary>Credentials, as they are now.</summary>
    public static readonly EnvelopeTable Credentials = new("credential", "id", "version", "t.name");

    /// <summary>States of credentials that were replaced or deleted.</summary>
    public static readonly EnvelopeTable Versions = new("credential_version", "row_id", "version", "t.name");

    /// <summary>Every table that holds envelopes.</summary>
    public static readonly IReadOnlyList<EnvelopeTable> All = [Credentials, Versions];
}
