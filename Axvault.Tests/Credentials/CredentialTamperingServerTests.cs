using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials;

/// <summary>Rows that were changed directly in the database are never served, never confused, and told apart from a temporary fault.</summary>
public sealed class CredentialTamperingServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task Envelopes_that_were_swapped_do_not_open()
    {
        await PutTwoAsync("swap");

        await ExecuteAsync(
            """
            update axvault.credential_version as c set envelope = o.envelope
            from axvault.credential_version as o
            where (c.name, o.name) in (('swap.1', 'swap.2'), ('swap.2', 'swap.1'))
            """
        );

        await AssertClosedAsync("swap.1");
        await AssertClosedAsync("swap.2");
    }

    [Fact]
    public async Task A_row_that_was_renamed_does_not_open()
    {
        await PutTwoAsync("rename");

        await ExecuteAsync("update axvault.credential set name = 'rename.3' where name = 'rename.1'");

        await AssertClosedAsync("rename.3");
        (await Admin.GetAsync("credentials/rename.1")).IsNotFound();
        (await Admin.GetAsync("credentials/rename.2")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_version_of_another_name_does_not_open()
    {
        await PutTwoAsync("pointer");

        await ExecuteAsync(
            "update axvault.credential set version_id = (select version_id from axvault.credential where name = 'pointer.1') where name = 'pointer.2'"
        );

        await AssertClosedAsync("pointer.2");
        (await Admin.GetAsync("credentials/pointer.1")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Names_that_were_swapped_do_not_open()
    {
        await PutTwoAsync("names");

        await ExecuteAsync("update axvault.credential set name = 'names.0' where name = 'names.1'");
        await ExecuteAsync("update axvault.credential set name = 'names.1' where name = 'names.2'");
        await ExecuteAsync("update axvault.credential set name = 'names.2' where name = 'names.0'");

        await AssertClosedAsync("names.1");
        await AssertClosedAsync("names.2");
    }

    [Theory]
    [InlineData("provider = 'openai'")]
    [InlineData("provider = null")]
    [InlineData("agent = 'codex'")]
    [InlineData("agent = null")]
    [InlineData("agent = provider, provider = agent")]
    [InlineData("type = 'oauth-token'")]
    [InlineData("type = 'api-key'")]
    [InlineData("expires_at = null")]
    [InlineData("expires_at = 'infinity'")]
    [InlineData("expires_at = expires_at - interval '1 hour'")]
    [InlineData("expires_at = expires_at + interval '1 microsecond'")]
    [InlineData("revision = 2")]
    public async Task A_row_with_a_changed_column_that_decides_does_not_open_and_spoils_no_list(string change)
    {
        var (name, token) = ($"steer.{Guid.NewGuid():n}", $"{Guid.NewGuid():n}");
        (
            await Admin.PutAsync(
                $"credentials/{name}",
                $$$"""
                {"type":"oauth-credentials","agent":"claude","provider":"anthropic","expiresAt":"2126-01-15T10:30:00Z",
                "data":{"accessToken":"{{{token}}}-a","refreshToken":"{{{token}}}-r"}}
                """
            )
        ).Is(HttpStatusCode.Created);
        (await Admin.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK);
        (await Admin.PutCredentialAsync($"{name}.other")).Is(HttpStatusCode.Created);

        await ExecuteAsync($"update axvault.credential_version set {change} where name = '{name}'");

        await AssertClosedAsync(name);
        (await Admin.PostAsync($"credentials/{name}/refresh", "")).IsProblem(HttpStatusCode.InternalServerError, "internal-error");
        var entry = (await Admin.GetAsync($"audit?credential={name}&action=credential.read&limit=1")).Json.GetProperty("entries")[0];
        Assert.Equal("failure", entry.GetProperty("outcome").GetString());
        (await Admin.GetAsync($"credentials/{name}.other")).Is(HttpStatusCode.OK);
        Assert.Contains(name, (await Admin.GetAsync("credentials")).Is(HttpStatusCode.OK).Text, StringComparison.Ordinal);
        (await Admin.DeleteAsync($"credentials/{name}")).Is(HttpStatusCode.NoContent);
        (await Admin.SendAsync(HttpMethod.Post, $"credentials/{name}/undelete")).IsProblem(HttpStatusCode.InternalServerError, "internal-error");
    }

    [Fact]
    public async Task An_envelope_copied_into_another_row_does_not_open()
    {
        await PutTwoAsync("copy");

        await ExecuteAsync(
            "update axvault.credential_version set envelope = (select envelope from axvault.credential_version where name = 'copy.1') where name = 'copy.2'"
        );

        await AssertClosedAsync("copy.2");
        (await Admin.GetAsync("credentials/copy.1")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_row_that_was_given_another_id_does_not_open()
    {
        await PutTwoAsync("id");

        await SetIdAsync("id.1", "gen_random_uuid()");

        await AssertClosedAsync("id.1");
    }

    [Fact]
    public async Task An_older_envelope_opens_only_with_its_own_row_id()
    {
        await Admin.PutCredentialAsync("older", """{"v":1}""");
        await ExecuteAsync("create table public.backup as select id, envelope from axvault.credential_version where name = 'older'");
        await Admin.PutCredentialAsync("older", """{"v":2}""");

        await ExecuteAsync(
            "update axvault.credential_version set envelope = (select envelope from public.backup) where name = 'older' and replaced_at is null"
        );
        await AssertClosedAsync("older");
        await ExecuteAsync("delete from axvault.credential_version where name = 'older' and replaced_at is not null");
        await SetIdAsync("older", "(select id from public.backup)");
        await ExecuteAsync("drop table public.backup");

        // A restored backup must open. The envelope does not show that it is not the newest one.
        Assert.Equal("""{"v":1}""", (await Admin.GetAsync("credentials/older")).Raw("data"));
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData(1, Explicit = true)]
    [InlineData(7)]
    public async Task An_envelope_with_any_byte_flipped_does_not_open(int step)
    {
        var name = $"flip{step}";
        await PutTwoAsync(name);
        var length = await DatabaseContents.ScalarAsync<int>(
            vault.ConnectionString,
            $"select octet_length(envelope) from axvault.credential_version where name = '{name}.1'"
        );

        // The first byte is the version, which the table checks. The next eight bytes name the key encryption key.
        for (var at = 1; at < length; at += step)
        {
            await FlipAsync(at);
            var answer = await Admin.GetAsync($"credentials/{name}.1");
            if (at < 9)
            {
                answer.IsUnavailable();
            }
            else
            {
                answer.IsProblem(HttpStatusCode.InternalServerError, "internal-error");
            }

            Assert.DoesNotContain("-secret-", answer.Text, StringComparison.Ordinal);
            await FlipAsync(at);
        }

        (await Admin.GetAsync($"credentials/{name}.1")).Is(HttpStatusCode.OK);

        Task FlipAsync(int at) =>
            ExecuteAsync($"update axvault.credential_version set envelope = set_byte(envelope, {at}, get_byte(envelope, {at}) # 128) where name = '{name}.1'");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-16)]
    [InlineData(1)]
    [InlineData(16)]
    public async Task An_envelope_that_was_cut_or_lengthened_does_not_open(int by)
    {
        var name = $"length{by + 100}";
        await PutTwoAsync(name);

        await ExecuteAsync(
            by < 0
                ? $"update axvault.credential_version set envelope = substring(envelope from 1 for octet_length(envelope) + {by}) where name = '{name}.1'"
                : $"update axvault.credential_version set envelope = envelope || decode(repeat('00', {by}), 'hex') where name = '{name}.1'"
        );

        await AssertClosedAsync($"{name}.1");
    }

    [Theory]
    [InlineData("update axvault.credential_version set kek_id = '\\x0000000000000000' where name = 'rules.1'")]
    [InlineData("update axvault.credential_version set envelope = set_byte(envelope, 0, 3) where name = 'rules.1'")]
    [InlineData("update axvault.credential_version set envelope = substring(envelope from 1 for 76) where name = 'rules.1'")]
    [InlineData("update axvault.credential_version set type = 'unknown' where name = 'rules.1'")]
    [InlineData("update axvault.credential set name = 'a b' where name = 'rules.1'")]
    [InlineData("update axvault.credential set name = E'rules\\n' where name = 'rules.1'")]
    [InlineData("update axvault.credential_version set agent = 'opencode' where name = 'rules.1'")]
    [InlineData("update axvault.credential_version set updated_at = created_at - interval '1 s' where name = 'rules.1'")]
    [InlineData("update axvault.api_key set read_access = '{a b}'")]
    [InlineData("update axvault.api_key set grant_access = '{NULL}'")]
    [InlineData("update axvault.api_key set write_access = '{{a},{b}}'")]
    [InlineData("update axvault.api_key set secret_hash = '\\x00'")]
    [InlineData("update axvault.vault set iterations = 1")]
    [InlineData(
        "insert into axvault.vault (singleton, kdf, iterations, salt) values (false, 'pbkdf2-hmac-sha256', 600000, '\\x00000000000000000000000000000000')"
    )]
    public async Task The_tables_refuse_rows_that_break_their_rules(string sql)
    {
        await PutTwoAsync("rules");

        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => ExecuteAsync(sql));
    }

    [Fact]
    public async Task A_row_that_does_not_open_can_be_replaced_deleted_and_listed()
    {
        await PutTwoAsync("mend");
        await ExecuteAsync("update axvault.credential_version set envelope = set_byte(envelope, 70, get_byte(envelope, 70) # 1) where name like 'mend.%'");
        await AssertClosedAsync("mend.1");

        Assert.Contains("mend.1", (await Admin.GetAsync("credentials")).Is(HttpStatusCode.OK).Text, StringComparison.Ordinal);
        (await Admin.PutCredentialAsync("mend.1", """{"v":"mended"}""")).Is(HttpStatusCode.Created);
        Assert.Equal("""{"v":"mended"}""", (await Admin.GetAsync("credentials/mend.1")).Raw("data"));
        (await Admin.DeleteAsync("credentials/mend.2")).Is(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task A_row_under_a_key_that_the_server_lacks_is_not_replaced()
    {
        await PutTwoAsync("lacks");
        await ExecuteAsync("update axvault.credential_version set envelope = set_byte(envelope, 2, get_byte(envelope, 2) # 1) where name = 'lacks.1'");

        var refused = await Admin.PutCredentialAsync("lacks.1", """{"v":"new"}""");

        refused.IsProblem(HttpStatusCode.ServiceUnavailable, "unavailable");
        Assert.Contains("under a key that this server does not have", refused.Text, StringComparison.Ordinal);
        (await Admin.PutCredentialAsync("lacks.2", """{"v":"new"}""")).Is(HttpStatusCode.Created);
    }

    private async Task PutTwoAsync(string name)
    {
        (await Admin.PutCredentialAsync($"{name}.1", $$"""{"apiKey":"{{name}}-secret-1"}""")).Is(HttpStatusCode.Created);
        (await Admin.PutCredentialAsync($"{name}.2", $$"""{"apiKey":"{{name}}-secret-2"}""")).Is(HttpStatusCode.Created);
    }

    private async Task AssertClosedAsync(string name)
    {
        var answer = await Admin.GetAsync($"credentials/{name}");
        answer.IsProblem(HttpStatusCode.InternalServerError, "internal-error");
        Assert.DoesNotContain("-secret-", answer.Text, StringComparison.Ordinal);
    }

    // The version and the pointer to it.
    private Task<int> SetIdAsync(string name, string id) =>
        ExecuteAsync(
            $"""
            with changed as (update axvault.credential_version set id = {id} where name = '{name}' returning id)
            update axvault.credential set version_id = (select id from changed) where name = '{name}'
            """
        );

    private Task<int> ExecuteAsync(string sql) => DatabaseContents.ExecuteAsync(vault.ConnectionString, sql);
}
