using Axvault.Api.Authorization;
using Npgsql;

namespace Axvault.Api.Refresh.Spool;

/// <summary>Answers of providers that could not be read, in PostgreSQL, sealed. One is kept for each version: the newest.</summary>
internal sealed class UnreadAnswerStore(NpgsqlDataSource database)
{
    /// <summary>Keeps an answer beside the version whose refresh token was sent. An answer to a revision that has been refreshed since is dropped.</summary>
    public async Task<TokenFate> KeepAsync(RefreshedCredential answer)
    {
        // The row of the refresh is written too: cached copies of the credential are then stale.
        await using var command = database.CreateCommand(
            """
            with kept as (
              insert into axvault.unread_answer as a (version_id, revision, name, envelope, received_at)
              select id, revision, name, $3, $4 from axvault.credential_version where id = $1 and revision = $2
              on conflict (version_id) do update
              set revision = excluded.revision, envelope = excluded.envelope, received_at = excluded.received_at
              returning version_id),
            told as (update axvault.credential_refresh set seq = seq where version_id = (select version_id from kept))
            select exists (select from kept)
            """
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = answer.VersionId });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = answer.Revision });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = answer.Envelope });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = answer.IssuedAt });
        return (bool)(await command.ExecuteScalarAsync(CancellationToken.None))! ? TokenFate.Kept : TokenFate.Dropped;
    }

    /// <summary>Returns the answer kept for the current version of a credential, sealed; <see langword="null"/> when there is none.</summary>
    public async Task<RefreshedCredential?> FindAsync(CredentialName name, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            select a.version_id, a.revision, a.envelope, a.received_at
            from axvault.credential c join axvault.unread_answer a on a.version_id = c.version_id
            where c.name = $1
            """
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var receivedAt = reader.GetFieldValue<DateTimeOffset>(3);
        return new RefreshedCredential(reader.GetGuid(0), name, reader.GetInt64(1), reader.GetFieldValue<byte[]>(2), receivedAt, receivedAt, null);
    }
}
