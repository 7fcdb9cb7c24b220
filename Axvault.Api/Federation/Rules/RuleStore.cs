using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Axvault.Api.Federation.Issuers;
using Axvault.Api.Keys;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Federation.Rules;

/// <summary>Rules in PostgreSQL. A change ends the keys of the rule, in the same transaction.</summary>
internal sealed class RuleStore(NpgsqlDataSource database, KeyChangeStore keys, IssuerStore issuers, SealedRowStore rows)
{
    private static readonly string Select = $"select {SealedTable.Rules.Selection}, xmin from axvault.rule";

    /// <summary>Returns the rule called <paramref name="name"/> and its issuer, or <see langword="null"/>.</summary>
    public async Task<(StoredRule? Rule, StoredIssuer? Issuer)> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (!CredentialName.IsWellFormed(name))
        {
            return default;
        }

        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"{Select} where name = $1"));
        batch.BatchCommands[0].Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        batch.BatchCommands.Add(IssuerStore.MakeFindOf(name));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var rule = await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
        await reader.NextResultAsync(cancellationToken);
        return (rule, await reader.ReadAsync(cancellationToken) ? issuers.Read(reader) : null);
    }

    /// <summary>Returns every rule, in the order of their names.</summary>
    public async Task<List<StoredRule>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand($"{Select} order by name");
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<StoredRule> found = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            if (Read(reader) is { } rule)
            {
                found.Add(rule);
            }
        }

        return found;
    }

    /// <summary>Makes or replaces a rule, if <paramref name="caller"/> may grant what it gives, before and after.</summary>
    public async Task<FederationChange<StoredRule>> PutAsync(
        Change change,
        Caller caller,
        Rule rule,
        AuditEntry entry,
        CancellationToken cancellationToken
    )
    {
        var transaction = change.Transaction;
        var (granter, refusal) = await keys.LockGranterAsync(transaction, caller, cancellationToken);
        var (current, isThere) = granter is null ? default : await LockAsync(transaction, rule.Name, cancellationToken);
        if (granter is null || !MayReplace(granter.Scope, current, isThere) || !GrantRules.MayCreate(granter.Scope, rule.Scope))
        {
            return new(null) { Refusal = refusal ?? KeyChange.Denied };
        }

        if (current?.Rule.IsSame(rule) == true)
        {
            await change.CommitAsync(entry.Stating(current.UpdatedAt));
            return new(current);
        }

        var ended = isThere ? await IssuedKeyStore.EndAsync(transaction, [rule.Name], cancellationToken) : 0;
        if (await WriteAsync(transaction, rule, current, cancellationToken) is not { } stored)
        {
            return new(null) { Fault = ("issuer", "must be the name of an issuer: there is none with this name") };
        }

        await change.CommitAsync((entry with { Reason = IssuedKeyStore.Describe(ended) }).Stating(stored.UpdatedAt));
        return new(stored, IsNew: !isThere);
    }

    /// <summary>Removes a rule, if <paramref name="caller"/> may grant what it gives.</summary>
    public async Task<FederationChange<string>> DeleteAsync(Change change, Caller caller, string name, AuditEntry entry, CancellationToken cancellationToken)
    {
        var transaction = change.Transaction;
        var (granter, refusal) = await keys.LockGranterAsync(transaction, caller, cancellationToken);
        var (current, isThere) = granter is null ? default : await LockAsync(transaction, name, cancellationToken);
        if (granter is null || (isThere ? !MayReplace(granter.Scope, current, isThere) : !GrantRules.MayAdminister(granter.Scope)))
        {
            return new(null) { Refusal = refusal ?? KeyChange.Denied };
        }

        if (!isThere)
        {
            return new(null);
        }

        var ended = await IssuedKeyStore.EndAsync(transaction, [name], cancellationToken);
        await using var command = new NpgsqlCommand("delete from axvault.rule where name = $1", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        await command.ExecuteNonQueryAsync(cancellationToken);
        await change.CommitAsync(entry with { Reason = IssuedKeyStore.Describe(ended) });
        return new(name);
    }

    // A row that no server wrote has no rights that could be compared: an administrator replaces or removes it.
    private static bool MayReplace(AccessScope granter, StoredRule? current, bool isThere) =>
        !isThere || (current is null ? GrantRules.MayAdminister(granter) : GrantRules.MayCreate(granter, current.Rule.Scope));

    private StoredRule? Read(NpgsqlDataReader reader)
    {
        if (rows.Read(SealedTable.Rules, reader) is not { } values)
        {
            return null;
        }

        SubjectPattern? subject = null;
        if (values[3] is string text && !SubjectPattern.TryParse(text, out subject))
        {
            throw new FormatException("The stored subject of a rule breaks its rule.");
        }

        var rule = new Rule((string)values[0]!, (string)values[1]!, (string)values[2]!, subject, Rule.ReadClaims((string)values[4]!))
        {
            Events = (string[])values[5]!,
            Scope = new AccessScope(
                AccessList.FromStored((string[])values[6]!),
                AccessList.FromStored((string[])values[7]!),
                AccessList.FromStored((string[])values[8]!)
            )
            {
                Use = AccessList.FromStored((string[]?)values[14] ?? []),
                Limits = new KeyLimits(null, ClientNetworks.FromStored((string[])values[9]!))
                {
                    RequestsPerMinute = (int?)values[15],
                    TokensPerDay = (long?)values[16],
                },
            },
            Ttl = TimeSpan.FromSeconds((int)values[10]!),
            MaxKeys = (int)values[11]!,
        };
        return new StoredRule(
            rule,
            SealedRowStore.Time(values[12]),
            SealedRowStore.Time(values[13]),
            reader.GetFieldValue<uint>(SealedTable.Rules.Width)
        );
    }

    private async Task<(StoredRule? Rule, bool IsThere)> LockAsync(NpgsqlTransaction transaction, string name, CancellationToken cancellationToken)
    {
        if (!CredentialName.IsWellFormed(name))
        {
            return default;
        }

        await using var command = new NpgsqlCommand($"{Select} where name = $1 for update", transaction.Connection, transaction);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? (Read(reader), true) : (null, false);
    }

    // Null when there is no such issuer.
    private async Task<StoredRule?> WriteAsync(NpgsqlTransaction transaction, Rule rule, StoredRule? current, CancellationToken cancellationToken)
    {
        var now = await SealedRowStore.NowAsync(transaction, cancellationToken);
        var updatedAt = current is null ? now : SealedTable.Next(current.UpdatedAt, now);
        await using var command = new NpgsqlCommand(
            """
            insert into axvault.rule
              (name, issuer, audience, subject, claims, events, read_access, write_access, grant_access, allowed_cidrs, ttl_seconds, max_keys,
               created_at, updated_at, use_access, requests_per_minute, tokens_per_day, mac, kek_id)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
            on conflict (name) do update set
              issuer = excluded.issuer, audience = excluded.audience, subject = excluded.subject, claims = excluded.claims, events = excluded.events,
              read_access = excluded.read_access, write_access = excluded.write_access, grant_access = excluded.grant_access,
              allowed_cidrs = excluded.allowed_cidrs, ttl_seconds = excluded.ttl_seconds, max_keys = excluded.max_keys,
              created_at = excluded.created_at, updated_at = excluded.updated_at, use_access = excluded.use_access,
              requests_per_minute = excluded.requests_per_minute, tokens_per_day = excluded.tokens_per_day, mac = excluded.mac, kek_id = excluded.kek_id
            returning xmin
            """,
            transaction.Connection,
            transaction
        );
        object?[] values =
        [
            rule.Name,
            rule.Issuer,
            rule.Audience,
            rule.Subject?.Text,
            rule.ClaimsJson(),
            rule.Events.ToArray(),
            rule.Scope.Read.ToArray(),
            rule.Scope.Write.ToArray(),
            rule.Scope.Grant.ToArray(),
            rule.Scope.Limits.Networks.ToArray(),
            (int)rule.Ttl.TotalSeconds,
            rule.MaxKeys,
            current?.CreatedAt ?? now,
            updatedAt,
            rule.Scope.Use.ToStored(),
            rule.Scope.Limits.RequestsPerMinute,
            rule.Scope.Limits.TokensPerDay,
        ];
        rows.AddParameters(command.Parameters, SealedTable.Rules, values, Types);
        try
        {
            var writtenBy = (uint)(await command.ExecuteScalarAsync(cancellationToken))!;
            return new StoredRule(rule, current?.CreatedAt ?? now, updatedAt, writtenBy);
        }
        catch (PostgresException exception) when (exception is { SqlState: PostgresErrorCodes.ForeignKeyViolation, ConstraintName: "rule_issuer_fkey" })
        {
            return null;
        }
    }

    // In the order of SealedTable.Rules.
    private static readonly NpgsqlDbType[] Types =
    [
        .. Enumerable.Repeat(NpgsqlDbType.Text, 5),
        .. Enumerable.Repeat(NpgsqlDbType.Array | NpgsqlDbType.Text, 5),
        NpgsqlDbType.Integer,
        NpgsqlDbType.Integer,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.Array | NpgsqlDbType.Text,
        NpgsqlDbType.Integer,
        NpgsqlDbType.Bigint,
    ];
}
