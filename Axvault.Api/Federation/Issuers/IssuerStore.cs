using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Axvault.Api.Keys;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Federation.Issuers;

/// <summary>Issuers in PostgreSQL. A change ends the keys that tokens of the issuer were exchanged for, in the same transaction.</summary>
internal sealed class IssuerStore(NpgsqlDataSource database, KeyChangeStore keys, SealedRowStore rows)
{
    private static readonly string Select = $"select {SealedTable.Issuers.Selection}, xmin from axvault.issuer";

    /// <summary>Returns the issuer called <paramref name="name"/>, or <see langword="null"/>.</summary>
    public async Task<StoredIssuer?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (!CredentialName.IsWellFormed(name))
        {
            return null;
        }

        await using var command = database.CreateCommand($"{Select} where name = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        return (await ReadAllAsync(command, cancellationToken)).FirstOrDefault();
    }

    /// <summary>Returns every issuer, in the order of their names.</summary>
    public async Task<List<StoredIssuer>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"{Select} order by name");
        return await ReadAllAsync(command, cancellationToken);
    }

    /// <summary>Makes the statement that finds the issuer of a rule, for a batch.</summary>
    public static NpgsqlBatchCommand MakeFindOf(string rule)
    {
        var command = new NpgsqlBatchCommand($"{Select} where name = (select issuer from axvault.rule where name = $1)");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = rule });
        return command;
    }

    /// <summary>Reads the row of <see cref="MakeFindOf"/>.</summary>
    /// <returns>The issuer; <see langword="null"/> when no server wrote the row as it is.</returns>
    public StoredIssuer? Read(NpgsqlDataReader reader)
    {
        if (rows.Read(SealedTable.Issuers, reader) is not { } values)
        {
            return null;
        }

        var issuer = new Issuer((string)values[0]!, (string)values[1]!, (string?)values[2], (string?)values[3], (string[])values[4]!);
        return new StoredIssuer(issuer, SealedRowStore.Time(values[5]), SealedRowStore.Time(values[6]), reader.GetFieldValue<uint>(SealedTable.Issuers.Width));
    }

    /// <summary>Makes or replaces an issuer, if <paramref name="caller"/> may: it must be able to grant everything, without limits of its own.</summary>
    public async Task<FederationChange<StoredIssuer>> PutAsync(
        Change change,
        Caller caller,
        Issuer issuer,
        AuditEntry entry,
        CancellationToken cancellationToken
    )
    {
        var transaction = change.Transaction;
        var (granter, refusal) = await keys.LockGranterAsync(transaction, caller, cancellationToken);
        if (granter is null || !GrantRules.MayCreate(granter.Scope, AccessScope.Full))
        {
            return new(null) { Refusal = refusal ?? KeyChange.Denied };
        }

        var current = await LockAsync(transaction, issuer.Name, cancellationToken);
        if (current?.Issuer.IsSame(issuer) == true)
        {
            await change.CommitAsync(entry.Stating(current.UpdatedAt));
            return new(current);
        }

        var ended = current is null ? 0 : await EndKeysAsync(transaction, issuer.Name, cancellationToken);
        if (await WriteAsync(transaction, issuer, current, cancellationToken) is not { } stored)
        {
            return new(null) { Fault = ("issuer", "is that of another issuer: two sources of keys for one issuer would be two trusts") };
        }

        await change.CommitAsync((entry with { Reason = IssuedKeyStore.Describe(ended) }).Stating(stored.UpdatedAt));
        return new(stored, IsNew: current is null);
    }

    /// <summary>Removes an issuer with its rules, if <paramref name="caller"/> may.</summary>
    public async Task<FederationChange<StoredIssuer>> DeleteAsync(
        Change change,
        Caller caller,
        string name,
        AuditEntry entry,
        CancellationToken cancellationToken
    )
    {
        var transaction = change.Transaction;
        var (granter, refusal) = await keys.LockGranterAsync(transaction, caller, cancellationToken);
        if (granter is null || !GrantRules.MayAdminister(granter.Scope))
        {
            return new(null) { Refusal = refusal ?? KeyChange.Denied };
        }

        if (!CredentialName.IsWellFormed(name))
        {
            return new(null);
        }

        var current = await LockAsync(transaction, name, cancellationToken);
        var ended = await EndKeysAsync(transaction, name, cancellationToken);
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from axvault.rule where issuer = $1"));
        batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from axvault.issuer where name = $1 returning name"));
        foreach (var command in batch.BatchCommands)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        }

        // A row that no server wrote is removed, too.
        if (await batch.ExecuteScalarAsync(cancellationToken) is null)
        {
            return new(null);
        }

        await change.CommitAsync(entry with { Reason = IssuedKeyStore.Describe(ended) });
        return new(current ?? new StoredIssuer(new Issuer(name, "", null, null, []), default, default, 0));
    }

    private async Task<StoredIssuer?> LockAsync(NpgsqlTransaction transaction, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"{Select} where name = $1 for update", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        return (await ReadAllAsync(command, cancellationToken)).FirstOrDefault();
    }

    // An exchange holds a share of the rows of rule and issuer until its key is committed, so that no key escapes.
    private static async Task<int> EndKeysAsync(NpgsqlTransaction transaction, string issuer, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select name from axvault.rule where issuer = $1 order by name for update",
            transaction.Connection,
            transaction
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = issuer });
        List<string> rules = [];
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                rules.Add(reader.GetString(0));
            }
        }

        return await IssuedKeyStore.EndAsync(transaction, [.. rules], cancellationToken);
    }

    // Null when another issuer has the identifier.
    private async Task<StoredIssuer?> WriteAsync(NpgsqlTransaction transaction, Issuer issuer, StoredIssuer? current, CancellationToken cancellationToken)
    {
        var now = await SealedRowStore.NowAsync(transaction, cancellationToken);
        var updatedAt = current is null ? now : SealedTable.Next(current.UpdatedAt, now);
        object?[] values =
        [
            issuer.Name,
            issuer.Identifier,
            issuer.JwksUrl,
            issuer.Jwks,
            issuer.Algorithms.ToArray(),
            current?.CreatedAt ?? now,
            updatedAt,
        ];
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from axvault.issuer_key_set where issuer = $1"));
        batch.BatchCommands[0].Parameters.Add(new NpgsqlParameter<string> { TypedValue = issuer.Name });
        batch.BatchCommands.Add(
            new NpgsqlBatchCommand(
                $"""
                insert into axvault.issuer (name, identifier, jwks_url, jwks, algorithms, created_at, updated_at, mac, kek_id)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                on conflict (name) do update set
                  identifier = excluded.identifier, jwks_url = excluded.jwks_url, jwks = excluded.jwks, algorithms = excluded.algorithms,
                  created_at = excluded.created_at, updated_at = excluded.updated_at, mac = excluded.mac, kek_id = excluded.kek_id
                returning xmin
                """
            )
        );
        rows.AddParameters(batch.BatchCommands[1].Parameters, SealedTable.Issuers, values, Types);
        try
        {
            var writtenBy = (uint)(await batch.ExecuteScalarAsync(cancellationToken))!;
            return new StoredIssuer(issuer, current?.CreatedAt ?? now, updatedAt, writtenBy);
        }
        catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "issuer_identifier_key" })
        {
            return null;
        }
    }

    // In the order of SealedTable.Issuers.
    private static readonly NpgsqlDbType[] Types =
    [
        NpgsqlDbType.Text,
        NpgsqlDbType.Text,
        NpgsqlDbType.Text,
        NpgsqlDbType.Text,
        NpgsqlDbType.Array | NpgsqlDbType.Text,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.TimestampTz,
    ];

    private async Task<List<StoredIssuer>> ReadAllAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<StoredIssuer> issuers = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            if (Read(reader) is { } issuer)
            {
                issuers.Add(issuer);
            }
        }

        return issuers;
    }
}
