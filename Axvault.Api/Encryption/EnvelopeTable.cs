namespace Axvault.Api.Encryption;

/// <summary>
/// A table whose rows hold envelopes: a column <c>envelope</c>, and an indexed column <c>kek_id</c> that is generated from it. A start looks for the
/// KEKs in use in every such table, and a rotation goes through all of them.
/// </summary>
/// <param name="Name">The table, in the schema <c>axvault</c>.</param>
/// <param name="VersionId">The column with the id that the envelope is bound to.</param>
/// <param name="Version">The column that, with <paramref name="VersionId"/>, identifies a row.</param>
/// <param name="CredentialName">The name that the envelope is bound to: an SQL expression over the table, called <c>t</c>.</param>
/// <param name="Subject">
/// The columns of the <see cref="EnvelopeSubject"/>: SQL expressions for all but the revision, which is <paramref name="Version"/>.
/// </param>
internal sealed record EnvelopeTable(string Name, string VersionId, string Version, string CredentialName, string Subject)
{
    /// <summary>The versions of credentials, current and replaced.</summary>
    public static readonly EnvelopeTable Versions = new("credential_version", "id", "revision", "t.name", "t.type, t.agent, t.provider, t.expires_at");

    /// <summary>Answers of providers that could not be read.</summary>
    public static readonly EnvelopeTable UnreadAnswers = new(
        "unread_answer",
        "version_id",
        "revision",
        "t.name",
        "null::text as type, null::text as agent, null::text as provider, null::timestamptz as expires_at"
    );

    /// <summary>Every table that holds envelopes.</summary>
    public static readonly IReadOnlyList<EnvelopeTable> All = [Versions, UnreadAnswers];
}
