using Axvault.Api.Audit;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Credentials;
using Axvault.Api.Http;
using Axvault.Api.Refresh;
using Axvault.Api.Stored;
using Axvault.Tests.Harness.Graph;
using Npgsql;

namespace Axvault.Tests.Audit;

/// <summary>A change and its audit entry are one transaction: both are there, or neither.</summary>
public sealed class ChangeTests(VaultGraph graph)
{
    private const string Pairs = "axvault.credential c join axvault.audit_entry e on e.target = c.name and e.xmin = c.xmin";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_put_is_committed_together_with_its_entry()
    {
        await using var lab = await AuditLab.StartAsync(graph);

        await Task.WhenAll(Enumerable.Range(0, 100).Select(number => lab.PutAsync($"put.{number}")));

        Assert.Equal(100, await lab.CountAsync(Pairs));
        Assert.InRange(await lab.CountAsync("(select distinct xmin::text from axvault.credential) as commits"), 2, 99);
        Assert.InRange(await lab.CountAsync("axvault.lane"), 1, 16);
        Assert.Equal((true, 100), ((await lab.VerifyAsync()).Valid, (await lab.VerifyAsync()).Entries));
    }

    [Fact]
    public async Task Refused_puts_of_a_group_fail_alone()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.ExecuteAsync("alter table axvault.credential add constraint refuses check (name not like 'refused%')");

        var puts = Enumerable.Range(0, 97).Select(number => lab.PutAsync($"put.{number}")).ToList();
        var refused = Enumerable.Range(0, 3).Select(number => lab.PutAsync($"refused.{number}")).ToList();
        await Task.WhenAll(puts);
        foreach (var put in refused)
        {
            Assert.Equal(PostgresErrorCodes.CheckViolation, (await Assert.ThrowsAsync<PostgresException>(() => put)).SqlState);
        }

        Assert.Equal((97, 97), (await lab.CountAsync(Pairs), await lab.CountAsync("axvault.audit_entry")));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Fact]
    public async Task A_stale_key_refuses_its_own_put_of_a_group_alone()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var stale = new KeyMark(KeyId.FromStored("k_0123456789ab"), 1);

        var puts = Enumerable.Range(0, 20).Select(number => lab.PutAsync($"put.{number}")).ToList();
        var refused = Enumerable.Range(0, 5).Select(_ => WriteAsync(lab, stale)).ToList();
        puts.AddRange(Enumerable.Range(20, 20).Select(number => lab.PutAsync($"put.{number}")));

        await Task.WhenAll(puts);
        foreach (var put in refused)
        {
            await Assert.ThrowsAsync<StaleReadException>(() => put);
        }

        Assert.Equal((40, 40), (await lab.CountAsync(Pairs), await lab.CountAsync("axvault.audit_entry")));
    }

    [Fact]
    public async Task A_put_whose_answer_was_lost_returns_the_version_that_was_made()
    {
        await using var way = new LostAnswers();
        await using var lab = await AuditLab.StartAsync(graph, way.StartFor);
        await lab.PutAsync("before");

        way.LoseAnswerTo(AuditAction.CredentialPut);
        var made = await WriteAsync(lab, key: null);

        Assert.True(way.HasLost);
        Assert.Equal(made?.Tag.VersionId, await lab.ScalarAsync<Guid>("select version_id from axvault.credential where name = 'a'"));
        Assert.Equal(2, await lab.CountAsync("axvault.audit_entry"));
    }

    [Fact]
    public async Task A_put_replaces_the_version_and_keeps_the_age_of_the_credential()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var first = await lab.PutAsync("a");

        var second = lab.Put("a", """{"apiKey":"sk-2"}""");
        var made = await lab.Server.PutAsync(second);

        Assert.Equal(first.CreatedAt, made.CreatedAt);
        Assert.Equal(first.Tag.VersionId, await lab.ScalarAsync<Guid>("select previous_id from axvault.credential"));
        var (stored, data) = (await lab.FindAsync("a"))!.Value;
        Assert.Equal((made.Tag, """{"apiKey":"sk-2"}"""), (stored.Tag, data));
        Assert.Equal(2, await lab.CountAsync("axvault.credential_version"));
    }

    [Fact]
    public async Task A_change_commits_several_entries_at_once()
    {
        await using var lab = await AuditLab.StartAsync(graph);

        await lab.Server.PutAsync(lab.Put("a"), AuditLab.Entry("one"), AuditLab.Entry("two"), AuditLab.Entry("three"));

        Assert.Equal("one two three", await lab.ScalarAsync<string>("select string_agg(reason, ' ' order by sequence) from axvault.audit_entry"));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Fact]
    public async Task A_change_without_a_commit_leaves_nothing()
    {
        await using var lab = await AuditLab.StartAsync(graph);

        await lab.Server.Ledger.ChangeAsync(
            change => AuditServer.RunAsync(change.Transaction, lab.Put("a")),
            CancellationToken
        );

        Assert.Equal((0, 0), (await lab.CountAsync("axvault.credential_version"), await lab.CountAsync("axvault.audit_entry")));
    }

    [Fact]
    public async Task A_put_whose_entry_is_refused_is_not_made()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.PutAsync("before");
        await lab.ExecuteAsync(
            """
            create function axvault.refuse() returns trigger language plpgsql as $$
            begin
              raise exception 'could not extend the file' using errcode = 'disk_full';
            end $$
            """
        );
        await lab.ExecuteAsync("create trigger refuse before insert on axvault.audit_entry for each row execute function axvault.refuse()");

        await Assert.ThrowsAsync<AuditUnavailableException>(() => lab.PutAsync("refused"));

        Assert.Null(await lab.FindAsync("refused"));
        Assert.True(lab.Server.Writer.IsBlocked);
        await lab.ExecuteAsync("drop trigger refuse on axvault.audit_entry");
        await Assert.ThrowsAsync<AuditUnavailableException>(() => lab.PutAsync("blocked"));
        await lab.Server.Writer.MaintainAsync();
        Assert.False(lab.Server.Writer.IsBlocked);
        await lab.PutAsync("after");
        Assert.Equal(2, await lab.CountAsync(Pairs));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Fact]
    public async Task A_put_that_the_database_refuses_blocks_no_other()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        var poison = lab.Put("poison", notes: new string('x', 5000));

        var refused = Assert.ThrowsAsync<PostgresException>(() => lab.Server.PutAsync(poison));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => lab.PutAsync($"put.{number}")));

        Assert.Equal(PostgresErrorCodes.CheckViolation, (await refused).SqlState);
        Assert.Equal((20, 20), (await lab.CountAsync(Pairs), await lab.CountAsync("axvault.audit_entry")));
        Assert.False(lab.Server.Writer.IsBlocked);
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_put_with_a_stale_key_writes_nothing(bool isStale)
    {
        await using var lab = await AuditLab.StartAsync(graph);
        await lab.ExecuteAsync(
            """
            insert into axvault.api_key (id, name, secret_hash, read_access, write_access, grant_access, created_at, updated_at)
            values ('k_0123456789ab', 'test', sha256('test'), '{*}', '{*}', '{*}', now(), now())
            """
        );
        var writtenBy = await lab.ScalarAsync<uint>("select xmin from axvault.api_key");
        if (isStale)
        {
            await lab.ExecuteAsync("update axvault.api_key set write_access = '{}'");
        }

        var put = WriteAsync(lab, new KeyMark(KeyId.FromStored("k_0123456789ab"), writtenBy));

        if (isStale)
        {
            await Assert.ThrowsAsync<StaleReadException>(() => put);
        }
        else
        {
            Assert.NotNull(await put);
        }

        var expected = isStale ? 0 : 1;
        Assert.Equal((expected, expected), (await lab.CountAsync("axvault.credential_version"), await lab.CountAsync("axvault.audit_entry")));
    }

    [Fact]
    public async Task A_month_without_a_partition_gets_one_and_the_put_is_made()
    {
        await using var lab = await AuditLab.StartAsync(graph);
        foreach (var month in await lab.Server.Get<AuditMonthStore>().FindMonthsBeforeAsync(DateTimeOffset.MaxValue.AddYears(-1), CancellationToken))
        {
            await lab.ExecuteAsync($"drop table axvault.{month}");
        }

        await lab.PutAsync("a");

        Assert.Equal(1, await lab.CountAsync(Pairs));
        Assert.True((await lab.VerifyAsync()).Valid);
    }

    private static Task<PutVersion?> WriteAsync(AuditLab lab, KeyMark? key)
    {
        var (server, errors) = (lab.Server, new FieldErrors());
        Assert.True(Preconditions.TryParse(null, null, errors, out var conditions));
        var access = AccessList.None;
        var scope = new AccessScope(access, access, access);
        var caller = new Caller(key?.Id ?? KeyId.FromStored("k_0123456789ab"), "test", scope) { SecretVersion = 1, Address = null };
        var trail = new AuditTrail(server.Get<AuditLog>(), server.Get<AuditSource>(), caller, AuditAction.CredentialPut, "a")
        {
            Confirmations = new Confirmations { Key = key },
        };
        return new CredentialWriter(
            server.Ledger,
            server.Groups,
            server.Get<NpgsqlDataSource>(),
            server.Vault,
            new RefreshTokenMarks(server.Keys),
            server.Get<VersionOptions>(),
            TimeProvider.System
        ).PutAsync(
            AuditLab.Name("a"),
            new CredentialAttributes(CredentialType.ApiKey, null, null, null, null, null),
            CredentialData.FromStored("{}"u8.ToArray()),
            conditions,
            isForced: false,
            trail,
            CancellationToken
        );
    }
}
