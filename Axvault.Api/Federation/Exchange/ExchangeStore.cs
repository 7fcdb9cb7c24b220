using Axvault.Api.Audit;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Federation.Issuers;
using Axvault.Api.Federation.Rules;
using Axvault.Api.Keys;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Api.Federation.Exchange;

/// <summary>Issues keys in PostgreSQL: the mark of the token, the key and the audit entry are one transaction.</summary>
internal sealed class ExchangeStore(KeyRowStore keys)
{
    /// <summary>Issues a key.</summary>
    /// <param name="change">The transaction.</param>
    /// <param name="rule">The rule that the token was judged by.</param>
    /// <param name="issuer">The issuer that it was judged by.</param>
    /// <param name="key">The key, and what it is issued for.</param>
    /// <param name="entry">The audit entry.</param>
    /// <param name="cancellationToken">Ends the statements.</param>
    public async Task<IssueResult> IssueAsync(
        Change change,
        StoredRule rule,
        StoredIssuer issuer,
        NewIssuedKey key,
        AuditEntry entry,
        CancellationToken cancellationToken
    )
    {
        var transaction = change.Transaction;
        var (isShared, isMarked, count, first) = await BeginAsync(transaction, rule, issuer, key, cancellationToken);
        if (!isShared)
        {
            return IssueResult.Changed;
        }

        if (!isMarked)
        {
            return IssueResult.Replayed;
        }

        if (count >= rule.Rule.MaxKeys)
        {
            return IssueResult.Full(first);
        }

        await keys.InsertAsync(transaction, key.Id, rule.Rule.Name, key.Scope, key.Hash, key.IssuedBy, cancellationToken);
        await change.CommitAsync(entry);
        return IssueResult.Issued;
    }

    // One round trip. What it has written is rolled back when the answer is no key.
    private static async Task<(bool IsShared, bool IsMarked, long Count, TimeSpan First)> BeginAsync(
        NpgsqlTransaction transaction,
        StoredRule rule,
        StoredIssuer issuer,
        NewIssuedKey key,
        CancellationToken cancellationToken
    )
    {
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        batch.BatchCommands.Add(Share(rule, issuer));
        batch.BatchCommands.Add(Mark(key));
        batch.BatchCommands.Add(IssuedKeyStore.MakeCount(rule.Rule.Name));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var isShared = await reader.ReadAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var isMarked = await reader.ReadAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (isShared, isMarked, reader.GetInt64(0), reader.GetTimeSpan(1));
    }

    // Holds off every change of rule and issuer until the key is committed. A change before it is told by the transaction that wrote the row.
    private static NpgsqlBatchCommand Share(StoredRule rule, StoredIssuer issuer)
    {
        var command = new NpgsqlBatchCommand(
            $"""
            select {LockLimit.OfRows} from axvault.issuer i join axvault.rule r on r.issuer = i.name
            where r.name = $1 and r.xmin = $2 and i.xmin = $3
            for share
            """
        );
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = rule.Rule.Name });
        command.Parameters.Add(new NpgsqlParameter<uint> { TypedValue = rule.WrittenBy, NpgsqlDbType = NpgsqlDbType.Xid });
        command.Parameters.Add(new NpgsqlParameter<uint> { TypedValue = issuer.WrittenBy, NpgsqlDbType = NpgsqlDbType.Xid });
        return command;
    }

    // A transaction with the same token waits here for the end of the other one.
    private static NpgsqlBatchCommand Mark(NewIssuedKey key)
    {
        var command = new NpgsqlBatchCommand(
            "insert into axvault.used_token (hash, expires_at) values ($1, $2) on conflict (hash) do nothing returning true"
        );
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = key.TokenMark });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = key.TokenExpiresAt });
        return command;
    }
}
