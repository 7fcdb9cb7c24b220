using Axvault.Api.Chain;
using Axvault.Api.Encryption;
using Npgsql;

namespace Axvault.Api.Audit.Verification;

/// <summary>
/// Compares rows with the verified entries that say in which state a change left them (<see cref="RowState"/>), in the snapshot of a verification.
/// </summary>
internal static class RowStateStore
{
    // A purge without a key is the end of the retention of older versions, and not of the credential.
    private const string Entries = $"""
        select lane, sequence, checkpoint, at, action, target, reason
        from axvault.audit_entry
        where outcome = 'success' and action = any ($1) and (action <> '{AuditAction.CredentialPurge}' or key_id is not null)
        """;

    // Each entry about a row that is there. It holds when the row is as it says, or when it does not say which version it made.
    private const string Credentials = $"""
        select 'credential' as noun, c.name, 'version ' || c.version_id as found, e.lane, e.sequence, e.checkpoint, e.at,
          not e.ends and coalesce(e.version = c.version_id, true) as holds, case when e.ends then 'deleted' else 'version ' || e.version end as says
        from (
          select *, substring(reason from '{RowState.VersionPattern}')::uuid as version,
            action in ('{AuditAction.CredentialDelete}', '{AuditAction.CredentialPurge}') as ends
          from entry
          where action in ('{AuditAction.CredentialPut}', '{AuditAction.CredentialRestore}', '{AuditAction.CredentialUndelete}',
            '{AuditAction.CredentialDelete}', '{AuditAction.CredentialPurge}')) as e
        join axvault.credential c on c.name = e.target
        where c.version_id is not null
        """;

    private const string Issuers = $"""
        select 'issuer', i.name, 'present', e.lane, e.sequence, e.checkpoint, e.at, e.action = '{AuditAction.IssuerPut}', 'deleted'
        from entry e join axvault.issuer i on i.name = e.target
        where e.action in ('{AuditAction.IssuerPut}', '{AuditAction.IssuerDelete}')
        """;

    // The rules of an issuer are deleted with it.
    private const string Rules = $"""
        select 'rule', r.name, 'present', e.lane, e.sequence, e.checkpoint, e.at, e.action = '{AuditAction.RulePut}', 'deleted'
        from entry e join axvault.rule r on r.name = e.target
        where e.action in ('{AuditAction.RulePut}', '{AuditAction.RuleDelete}')
        union all
        select 'rule', r.name, 'present', e.lane, e.sequence, e.checkpoint, e.at, false, 'deleted'
        from entry e join axvault.rule r on r.issuer = e.target
        where e.action = '{AuditAction.IssuerDelete}'
        """;

    // A change of its rule or issuer ends an issued key, and says so.
    private const string IssuedKeys = $"""
        select 'API key', k.id, 'present', e.lane, e.sequence, e.checkpoint, e.at, true, ''
        from entry e join axvault.api_key k on k.id = e.target
        where e.action = '{AuditAction.TokenExchange}'
        union all
        select 'API key', k.id, 'present', e.lane, e.sequence, e.checkpoint, e.at, false, 'ended'
        from entry e join axvault.api_key k on k.rule = e.target
        where e.action in ('{AuditAction.RulePut}', '{AuditAction.RuleDelete}') and e.reason ~ 'keys? ended'
        union all
        select 'API key', k.id, 'present', e.lane, e.sequence, e.checkpoint, e.at, false, 'ended'
        from entry e join axvault.rule r on r.issuer = e.target join axvault.api_key k on k.rule = r.name
        where e.action in ('{AuditAction.IssuerPut}', '{AuditAction.IssuerDelete}') and e.reason ~ 'keys? ended'
        """;

    // Times of two servers are estimates, and do not tell the order of their entries. Entries of one lane are in order. Of two lanes, a checkpoint tells: it
    // covers the earlier entry, and the server of the later one knew it. A row is too old when each entry that holds is followed by one that does not. Entries
    // that hold may have been dropped with an old month: the day is more than the estimates can be wrong.
    private const string Followed = """
        held as (
          select noun, name, lane, sequence, at,
            (select l.number from axvault.checkpoint_lane l
              where l.lane = said.lane and l.number > said.checkpoint and l.sequence >= said.sequence order by l.number limit 1) as covered
          from said where holds),
        other as (
          select noun, name, max(found) as found, lane, max(sequence) as sequence, max(checkpoint) as checkpoint, max(at) as at,
            (array_agg(says order by sequence desc))[1] as says
          from said where not holds group by noun, name, lane),
        newest as (
          select h.noun, h.name from held h
          where not exists (
            select from other o
            where o.noun = h.noun and o.name = h.name and o.at >= h.at
              and (o.checkpoint >= h.covered or (o.lane = h.lane and o.sequence > h.sequence)))),
        followed as (
          select distinct on (o.noun, o.name) o.noun, o.name, o.found, o.says, o.lane, o.sequence
          from other o left join (select distinct noun, name from held) as h using (noun, name) left join newest n using (noun, name)
          where n.name is null and (h.name is not null or o.at > (select min(at) + interval '1 day' from axvault.audit_entry))
          order by o.noun, o.name, o.at desc, o.lane, o.sequence desc)
        """;

    private const string OlderVersions = $"""
        select 'credential' as noun, v.name, 'version ' || v.id || ' revision ' || v.revision as found,
          'version ' || v.id || ' revision ' || s.revision as says, s.lane, s.sequence
        from (
          select distinct on (version) version, revision, lane, sequence
          from (
            select words[1]::uuid as version, words[2]::bigint as revision, e.lane, e.sequence
            from entry e cross join lateral regexp_match(e.reason, '{RowState.VersionPattern}') as words
            where words is not null) as stated
          order by version, revision desc, lane, sequence) as s
        join axvault.credential_version v on v.id = s.version
        where v.revision < s.revision
        """;

    // The id of a key is never used again, so the order of its entries does not matter.
    private const string DeletedKeys = $"""
        select 'API key', k.id, 'present', 'deleted', e.lane, e.sequence
        from entry e join axvault.api_key k on k.id = e.target
        where e.action = '{AuditAction.KeyDelete}'
        """;

    private static readonly string[] Actions =
    [
        AuditAction.CredentialPut,
        AuditAction.CredentialRestore,
        AuditAction.CredentialUndelete,
        AuditAction.CredentialRefresh,
        AuditAction.CredentialDelete,
        AuditAction.CredentialPurge,
        AuditAction.Bootstrap,
        AuditAction.BootstrapReset,
        AuditAction.KeyCreate,
        AuditAction.KeyUpdate,
        AuditAction.KeyRotate,
        AuditAction.KeyDelete,
        AuditAction.TokenExchange,
        AuditAction.IssuerPut,
        AuditAction.IssuerDelete,
        AuditAction.RulePut,
        AuditAction.RuleDelete,
    ];

    private static readonly string Faults = $"""
        with entry as materialized ({Entries}),
        said as materialized ({Credentials} union all {Issuers} union all {Rules} union all {IssuedKeys}),
        {Followed}
        select noun, name, found, says, lane, sequence
        from (
          {OlderVersions} union all select * from followed union all {DeletedKeys}
          union all {OlderRows(SealedTable.Keys, "API key", ["key.", "bootstrap"], AuditAction.KeyDelete)}
          union all {OlderRows(SealedTable.Issuers, "issuer", ["issuer."], AuditAction.IssuerDelete)}
          union all {OlderRows(SealedTable.Rules, "rule", ["rule."], AuditAction.RuleDelete)}) as fault
        order by lane, sequence
        limit 1
        """;

    /// <summary>Returns the fault of a row that is older than the entries say; <see langword="null"/> when there is none.</summary>
    public static async Task<LedgerFault?> FindOlderAsync(NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Faults, transaction.Connection, transaction) { CommandTimeout = 0 };
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = Actions });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new LedgerFault(
                AuditFault.RolledBack,
                reader.GetInt64(4),
                reader.GetInt64(5),
                $"The {reader.GetString(0)} {reader.GetString(1)} was set back: found {reader.GetString(2)}, and the entry says {reader.GetString(3)}."
            )
            : null;
    }

    // An entry before a deletion is not about the row that has the name now. The minute is for times that are estimates.
    private static string OlderRows(SealedTable table, string noun, string[] prefixes, string deletion) =>
        $"""
        select '{noun}', t.{table.Id}, 'state of ' || to_char(t.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'state of ' || s.state,
          s.lane, s.sequence
        from (
          select distinct on (target) target, state, lane, sequence
          from (
            select *, substring(reason from '{RowState.TimePattern}') as state,
              max(at) filter (where action = '{deletion}') over (partition by target) as deleted_at
            from entry
            where {string.Join(" or ", prefixes.Select(static prefix => $"starts_with(action, '{prefix}')"))}) as stated
          where state is not null and (deleted_at is null or deleted_at <= at - interval '1 minute')
          order by target, state desc, lane, sequence) as s
        join axvault.{table.Name} t on t.{table.Id} = s.target
        where t.updated_at < s.state::timestamptz
        """;
}
