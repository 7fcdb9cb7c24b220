using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials;

/// <summary>The filters and the orders of the list of credentials.</summary>
public sealed class CredentialSearchServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task A_name_returns_the_metadata_of_one_credential()
    {
        await PutAsync("one.a", "\"displayName\":\"first\"");
        await PutAsync("one.ab");
        using var reader = await Admin.WithNewKeyAsync(read: ["one.ab"]);

        var answer = await Admin.GetAsync("credentials?name=one.a");
        Assert.Equal(["one.a"], Names(answer));
        Assert.DoesNotContain("secret", answer.Text, StringComparison.Ordinal);
        Assert.Equal(["one.a"], Names(await Admin.GetAsync("credentials?name=one.a&limit=1&type=oauth-token&q=FIRST")));
        Assert.Empty(Names(await Admin.GetAsync("credentials?name=one.absent")));
        Assert.Empty(Names(await reader.GetAsync("credentials?name=one.a")));
        Assert.Equal(["one.ab"], Names(await reader.GetAsync("credentials?name=one.ab")));
    }

    [Theory]
    [InlineData("SHARED", "q.1", "q.2", "q.3", "q.4")]
    [InlineData("q.1%20shared")]
    [InlineData("%25", "q.3")]
    [InlineData("_", "q.4")]
    [InlineData("%5C", "q.2")]
    [InlineData("'%20or%20true--")]
    [InlineData("Q.2", "q.2")]
    [InlineData("agent-shared", "q.4")]
    public async Task A_text_is_found_in_the_texts_of_a_credential_and_is_no_pattern(string text, params string[] expected)
    {
        await PutAsync("q.1", "\"displayName\":\"Shared login\"");
        await PutAsync("q.2", "\"displayName\":\"sHaReD \\\\ two\"");
        await PutAsync("q.3", "\"provider\":\"shared 100%\"");
        await PutAsync("q.4", "\"agent\":\"Agent-Shared_x\"");
        await PutAsync("q.5", "\"notes\":\"shared % _ \\\\\"");
        using var reader = await Admin.WithNewKeyAsync(read: ["q.*"]);

        Assert.Equal(expected, Names(await reader.GetAsync($"credentials?q={text}")));
    }

    [Fact]
    public async Task Filters_add_up_and_go_with_pages()
    {
        await PutAsync("add.1", "\"provider\":\"openai\"");
        (await Admin.PutCredentialAsync("add.2")).Is(HttpStatusCode.Created);
        await PutAsync("add.3", "\"provider\":\"openai\"");
        await PutAsync("add.4", "\"provider\":\"OpenAI\"");
        using var reader = await Admin.WithNewKeyAsync(read: ["add.*"]);

        Assert.Equal(["add.1", "add.3"], Names(await reader.GetAsync("credentials?provider=openai")));
        Assert.Equal(["add.2"], Names(await reader.GetAsync("credentials?type=api-key")));
        Assert.Empty(Names(await reader.GetAsync("credentials?type=api-key&provider=openai")));
        var page = await reader.GetAsync("credentials?q=openai&type=oauth-token&limit=2");
        Assert.Equal(["add.1", "add.3"], Names(page));
        Assert.Equal(["add.4"], Names(await reader.GetAsync($"credentials?q=openai&type=oauth-token&limit=2&cursor={page.Json.GetProperty("nextCursor")}")));
    }

    [Theory]
    [InlineData("ok", "s.ok")]
    [InlineData("retrying", "s.retrying")]
    [InlineData("unknown", "s.unknown")]
    [InlineData("failed", "s.failed")]
    [InlineData("misconfigured", "s.misconfigured")]
    [InlineData("none", "s.never", "s.outdated")]
    [InlineData("attention", "s.failed", "s.misconfigured", "s.retrying", "s.unknown")]
    public async Task A_status_is_that_of_the_present_version(string status, params string[] expected)
    {
        await PutStatusesAsync("s");
        using var reader = await Admin.WithNewKeyAsync(read: ["s.*"]);

        Assert.Equal(expected, Names(await reader.GetAsync($"credentials?status={status}")));
    }

    [Theory]
    [InlineData("name", "1", "2", "3", "4", "5")]
    [InlineData("-name", "5", "4", "3", "2", "1")]
    [InlineData("expires", "3", "1", "5", "2", "4")]
    [InlineData("-expires", "5", "1", "3", "2", "4")]
    [InlineData("provider", "2", "1", "4", "3", "5")]
    [InlineData("-provider", "1", "4", "2", "3", "5")]
    [InlineData("type", "1", "2", "3", "4", "5")]
    public async Task Each_order_is_kept_over_pages(string sort, params string[] expected)
    {
        await PutAsync("o.1", "\"expiresAt\":\"2031-01-01T00:00:00Z\",\"provider\":\"b\"");
        await PutAsync("o.2", "\"provider\":\"B\"");
        await PutAsync("o.3", "\"expiresAt\":\"2030-01-01T00:00:00Z\"");
        await PutAsync("o.4", "\"provider\":\"b\"");
        await PutAsync("o.5", "\"expiresAt\":\"2032-01-01T00:00:00Z\"");
        using var reader = await Admin.WithNewKeyAsync(read: ["o.*"]);
        var names = expected.Select(static number => $"o.{number}").ToList();

        Assert.Equal(names, Names(await reader.GetAsync($"credentials?sort={sort}")));
        foreach (var limit in new[] { 1, 2, 3, 5 })
        {
            Assert.Equal(names, await WalkAsync(reader, $"sort={sort}&limit={limit}"));
        }
    }

    [Fact]
    public async Task The_most_urgent_status_comes_first_and_the_newest_update_last()
    {
        await PutStatusesAsync("u");
        using var reader = await Admin.WithNewKeyAsync(read: ["u.*"]);
        string[] urgent = ["u.failed", "u.misconfigured", "u.unknown", "u.retrying", "u.ok", "u.never", "u.outdated"];

        Assert.Equal(urgent, Names(await reader.GetAsync("credentials?sort=status")));
        Assert.Equal(urgent, await WalkAsync(reader, "sort=status&limit=2"));
        Assert.Equal([.. urgent[..5].Reverse(), .. urgent[5..]], await WalkAsync(reader, "sort=-status&limit=2"));

        await PutAsync("u.failed");
        Assert.Equal("u.failed", (await WalkAsync(reader, "sort=updated&limit=2"))[^1]);
        Assert.Equal("u.failed", (await WalkAsync(reader, "sort=-updated&limit=2"))[0]);
        Assert.Equal(["u.misconfigured", "u.unknown", "u.retrying"], await WalkAsync(reader, "status=attention&sort=status&limit=2"));
    }

    [Fact]
    public async Task A_cursor_that_is_gone_is_400_unless_names_decide()
    {
        await PutAsync("gone.1");
        await PutAsync("gone.2");
        await PutAsync("hidden");
        using var reader = await Admin.WithNewKeyAsync(read: ["gone.*"]);
        (await Admin.DeleteAsync("credentials/gone.1")).Is(HttpStatusCode.NoContent);

        foreach (var cursor in new[] { "gone.1", "gone.0", "hidden" })
        {
            (await reader.GetAsync($"credentials?sort=expires&limit=1&cursor={cursor}")).IsInvalid("cursor");
        }

        Assert.Equal(["gone.2"], Names(await reader.GetAsync("credentials?sort=name&limit=1&cursor=gone.1")));
        Assert.Equal(["gone.2"], Names(await reader.GetAsync("credentials?sort=-name&limit=1&cursor=gone.3")));
    }

    [Fact]
    public async Task Deleted_credentials_are_found_by_name_and_text()
    {
        await PutAsync("buried.1", "\"displayName\":\"Here lies one\"");
        await PutAsync("buried.2");
        foreach (var name in new[] { "buried.1", "buried.2" })
        {
            (await Admin.DeleteAsync($"credentials/{name}")).Is(HttpStatusCode.NoContent);
        }

        Assert.Equal(["buried.2"], Names(await Admin.GetAsync("credentials?deleted=true&name=buried.2")));
        Assert.Equal(["buried.1"], Names(await Admin.GetAsync("credentials?deleted=true&q=LIES&sort=name&limit=5")));
        Assert.Empty(Names(await Admin.GetAsync("credentials?q=lies")));
    }

    [Fact]
    public async Task A_sorted_list_without_a_limit_has_every_credential_once()
    {
        await DatabaseContents.ExecuteAsync(
            vault.ConnectionString,
            """
            with versions as (
              insert into axvault.credential_version (id, name, type, provider, expires_at, envelope, created_at, updated_at, current_since)
              select gen_random_uuid(), 'many.' || to_char(n, 'FM0000'), 'api-key', 'p' || n % 3, case when n % 2 = 0 then now() + n % 7 * interval '1 day' end,
                '\x02'::bytea || sha512('x') || sha256('x'), now(), now(), now()
              from generate_series(1, 1203) as n
              returning name, id)
            insert into axvault.credential (name, version_id) select name, id from versions
            """
        );
        using var reader = await Admin.WithNewKeyAsync(read: ["many.*"]);

        foreach (var sort in new[] { "expires", "-expires", "provider", "-name", "status", "-updated" })
        {
            var names = Names(await reader.GetAsync($"credentials?sort={sort}"));
            Assert.Equal(1203, names.Count);
            Assert.Equal(1203, names.Distinct().Count());
        }

        Assert.Equal(401, Names(await reader.GetAsync("credentials?provider=p1")).Count);
        await DatabaseContents.ExecuteAsync(vault.ConnectionString, "delete from axvault.credential where name like 'many.%'");
        await DatabaseContents.ExecuteAsync(vault.ConnectionString, "delete from axvault.credential_version where name like 'many.%'");
    }

    [Theory]
    [InlineData("name=", "name")]
    [InlineData("name=*", "name")]
    [InlineData("name=a&name=b", "name")]
    [InlineData("q=", "q")]
    [InlineData("q=a%00", "q")]
    [InlineData("q=a%0ab", "q")]
    [InlineData("q=a&q=b", "q")]
    [InlineData("type=", "type")]
    [InlineData("type=API-KEY", "type")]
    [InlineData("type=api-key&type=api-key", "type")]
    [InlineData("provider=", "provider")]
    [InlineData("use=", "use")]
    [InlineData("use=free", "use")]
    [InlineData("use=Personal", "use")]
    [InlineData("use=personal&use=personal", "use")]
    [InlineData("deleted=true&use=personal", "use")]
    [InlineData("status=not_configured", "status")]
    [InlineData("status=ok,failed", "status")]
    [InlineData("status=ok&status=failed", "status")]
    [InlineData("sort=", "sort")]
    [InlineData("sort=created", "sort")]
    [InlineData("sort=--name", "sort")]
    [InlineData("sort=Name", "sort")]
    [InlineData("sort=name&sort=name", "sort")]
    [InlineData("deleted=true&sort=expires", "sort")]
    [InlineData("deleted=true&status=ok", "status")]
    [InlineData("deleted=true&type=api-key", "type")]
    [InlineData("deleted=true&provider=x", "provider")]
    public async Task A_wrong_filter_is_400_and_named(string query, string field)
    {
        (await Admin.GetAsync($"credentials?{query}")).IsInvalid(field);
    }

    [Fact]
    public async Task A_text_has_at_most_128_characters()
    {
        (await Admin.GetAsync($"credentials?q={new string('x', 129)}")).IsInvalid("q");
        Assert.Empty(Names(await Admin.GetAsync($"credentials?q={new string('x', 128)}")));
    }

    // One credential for each status, one without a row, and one whose row is that of an earlier revision.
    private async Task PutStatusesAsync(string prefix)
    {
        foreach (var name in new[] { "ok", "retrying", "unknown", "failed", "misconfigured", "never", "outdated" })
        {
            await PutAsync($"{prefix}.{name}");
        }

        await DatabaseContents.ExecuteAsync(
            vault.ConnectionString,
            $"""
            insert into axvault.credential_refresh (version_id, revision, status, error)
            select version_id, case when name like '%outdated' then 2 else 1 end,
              case when name like '%misconfigured' then 'failed' when name like '%outdated' then 'failed' else split_part(name, '.', 2) end,
              case when name like '%misconfigured' then 'invalid_client' when name like '%failed' then 'invalid_grant' end
            from axvault.credential where name like '{prefix}.%' and name not like '%never'
            """
        );
    }

    private async Task PutAsync(string name, string members = "\"notes\":\"n\"") =>
        (await Admin.PutAsync($"credentials/{name}", $$"""{"type":"oauth-token","data":{"accessToken":"secret-{{name}}"},{{members}}}""")).Is(
            HttpStatusCode.Created
        );

    private static async Task<List<string>> WalkAsync(VaultClient reader, string query)
    {
        List<string> walked = [];
        for (string? cursor = null; ;)
        {
            var answer = await reader.GetAsync($"credentials?{query}{(cursor is null ? "" : $"&cursor={cursor}")}");
            walked.AddRange(Names(answer));
            if (!answer.Json.TryGetProperty("nextCursor", out var next))
            {
                return walked;
            }

            cursor = next.GetString();
        }
    }

    private static List<string> Names(Answer answer) =>
        [
            .. answer
                .Is(HttpStatusCode.OK)
                .Json.GetProperty("credentials")
                .EnumerateArray()
                .Select(static credential => credential.GetProperty("name").GetString()!),
        ];
}
