using System.Net;
using System.Text.Json;
using Axvault.Tests.Server;

namespace Axvault.Tests.Credentials.Versions;

/// <summary>What is replaced or deleted is kept, and comes back whole.</summary>
public sealed class VersionServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task A_wrong_push_is_undone_in_one_call()
    {
        (await Admin.PutAsync("credentials/undo", """{"type":"api-key","agent":"claude","notes":"right","data":{"k":  1.50}}""")).Is(HttpStatusCode.Created);
        (await Admin.PutAsync("credentials/undo", """{"type":"oauth-token","data":{"wrong":true}}""")).Is(HttpStatusCode.Created);
        var version = Assert.Single(await VersionsAsync("undo"));
        Assert.Equal(("api-key", "claude", "right"), (Text(version, "type"), Text(version, "agent"), Text(version, "notes")));
        Assert.False(version.TryGetProperty("data", out _));

        var restored = await Admin.PostAsync($"credentials/undo/versions/{Text(version, "version")}/restore", "");

        restored.Is(HttpStatusCode.OK);
        var now = (await Admin.GetAsync("credentials/undo")).Is(HttpStatusCode.OK);
        Assert.Equal(("""{"k":  1.50}""", "api-key", restored.Tag), (now.Raw("data"), Text(now.Json, "type"), now.Tag));
        var wrong = Assert.Single(await VersionsAsync("undo"));
        Assert.Equal("oauth-token", Text(wrong, "type"));
        var opened = await Admin.GetAsync($"credentials/undo/versions/{Text(wrong, "version")}");
        Assert.Equal("""{"wrong":true}""", opened.Is(HttpStatusCode.OK).Raw("data"));
    }

    [Fact]
    public async Task The_last_ten_are_kept_newest_first_and_what_was_refused_is_none()
    {
        for (var n = 0; n < 15; n++)
        {
            await Admin.PutCredentialAsync("ten", $$"""{"n":{{n}}}""");
        }

        (await Admin.PutAsync("credentials/ten", """{"type":"none"}""")).IsInvalid("type");

        Assert.Equal(Enumerable.Range(4, 10).Reverse(), await NumbersAsync("ten"));
        var versions = await VersionsAsync("ten");
        Assert.All(versions.Zip(versions.Skip(1)), static pair => Assert.True(string.CompareOrdinal(Text(pair.Second, "replacedAt"), Text(pair.First, "createdAt")) <= 0));
    }

    [Fact]
    public async Task A_deleted_credential_is_gone_at_once_and_comes_back_with_its_versions()
    {
        await Admin.PutCredentialAsync("deleted.a", """{"n":1}""");
        var first = await Admin.PutCredentialAsync("deleted.a", """{"n":2}""");
        using var reader = await Admin.WithNewKeyAsync(read: ["deleted.*"]);

        (await Admin.DeleteAsync("credentials/deleted.a")).Is(HttpStatusCode.NoContent);

        (await Admin.GetAsync("credentials/deleted.a")).IsNotFound();
        (await Admin.PostAsync("credentials/deleted.a/refresh", "")).IsNotFound();
        (await Admin.DeleteAsync("credentials/deleted.a")).IsNotFound();
        Assert.Empty((await reader.GetAsync("credentials")).Json.GetProperty("credentials").EnumerateArray());
        var listed = Assert.Single((await reader.GetAsync("credentials?deleted=true&limit=5")).Is(HttpStatusCode.OK).Json.GetProperty("credentials").EnumerateArray());
        Assert.Equal("deleted.a", Text(listed, "name"));
        Assert.Equal(TimeSpan.FromDays(30), listed.GetProperty("purgeAt").GetDateTimeOffset() - listed.GetProperty("deletedAt").GetDateTimeOffset());
        (await reader.PostAsync("credentials/deleted.a/undelete", "")).IsForbidden();

        (await Admin.PostAsync("credentials/deleted.a/undelete", "")).Is(HttpStatusCode.OK);

        var back = (await Admin.GetAsync("credentials/deleted.a")).Is(HttpStatusCode.OK);
        Assert.Equal(("""{"n":2}""", Text(first.Json, "createdAt")), (back.Raw("data"), Text(back.Json, "createdAt")));
        Assert.Equal([1], await NumbersAsync("deleted.a"));
        Assert.All(await VersionsAsync("deleted.a"), static version => Assert.False(version.TryGetProperty("deletedAt", out _)));
        Assert.Empty((await reader.GetAsync("credentials?deleted=true")).Json.GetProperty("credentials").EnumerateArray());
        (await Admin.PostAsync("credentials/deleted.a/undelete", "")).IsProblem(HttpStatusCode.Conflict, "conflict");
        (await Admin.PostAsync("credentials/never/undelete", "")).IsNotFound();
    }

    [Fact]
    public async Task What_is_deleted_together_comes_back_together_however_long_it_takes_to_mark()
    {
        await DatabaseContents.ExecuteAsync(
            vault.ConnectionString,
            """
            create function public.mark_slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(0.003); return new; end $$;
            create trigger slowly before update on axvault.credential_version for each row when (new.name = 'slowly') execute function public.mark_slowly();
            """);
        for (var n = 0; n < 4; n++)
        {
            await Admin.PutCredentialAsync("slowly");
        }

        await Admin.DeleteAsync("credentials/slowly");
        (await Admin.PostAsync("credentials/slowly/undelete", "")).Is(HttpStatusCode.OK);

        Assert.All(await VersionsAsync("slowly"), static version => Assert.False(version.TryGetProperty("deletedAt", out _)));
    }

    [Fact]
    public async Task A_put_after_a_deletion_starts_anew_and_what_was_before_can_still_be_restored()
    {
        await Admin.PutCredentialAsync("anew", """{"n":1}""");
        await Admin.DeleteAsync("credentials/anew");
        await Admin.PutCredentialAsync("anew", """{"n":2}""");

        Assert.Equal([1], await NumbersAsync("anew"));
        await Admin.PostAsync($"credentials/anew/versions/{Text(Assert.Single(await VersionsAsync("anew")), "version")}/restore", "");

        Assert.Equal("""{"n":1}""", (await Admin.GetAsync("credentials/anew")).Raw("data"));
        Assert.Equal([2], await NumbersAsync("anew"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_purge_nothing_of_it_is_left_in_the_database(bool isDeletedAlready)
    {
        var name = $"purged.{isDeletedAlready}";
        for (var n = 0; n < 3; n++)
        {
            await Admin.PutCredentialAsync(name);
        }

        if (isDeletedAlready)
        {
            await Admin.DeleteAsync($"credentials/{name}");
        }

        var envelopes = await DatabaseContents.ScalarAsync<byte[][]>(
            vault.ConnectionString,
            $"select array_agg(envelope) from (select envelope from axvault.credential where name = '{name}' union all select envelope from axvault.credential_version where name = '{name}') as e");
        Assert.Equal(3, envelopes.Length);

        (await Admin.DeleteAsync($"credentials/{name}?purge=true")).Is(HttpStatusCode.NoContent);

        Assert.Equal(0, await CountAsync(name));
        var contents = await DatabaseContents.ReadAsync(vault.ConnectionString);
        Assert.All(envelopes, envelope => Assert.False(contents.Holds(envelope)));
        (await Admin.GetAsync($"credentials/{name}/versions")).IsNotFound();
        (await Admin.PostAsync($"credentials/{name}/undelete", "")).IsNotFound();
        (await Admin.DeleteAsync($"credentials/{name}?purge=true")).IsNotFound();
        (await Admin.DeleteAsync($"credentials/{name}?purge=perhaps")).IsInvalid("purge");
    }

    [Fact]
    public async Task Any_number_of_deleted_credentials_is_listed_whole_and_by_pages()
    {
        await Admin.PutCredentialAsync("pattern");
        await Admin.DeleteAsync("credentials/pattern");
        await DatabaseContents.ExecuteAsync(
            vault.ConnectionString,
            """
            insert into axvault.credential_version (row_id, name, type, envelope, version, created_at, updated_at, current_since, replaced_at, deleted_at, refresh_seq, refresh_attempts)
            select gen_random_uuid(), 'many.' || to_char(n, 'FM0000'), type, envelope, version, created_at, updated_at, current_since, replaced_at, deleted_at, 0, 0
            from axvault.credential_version, generate_series(1, 1201) as n
            where name = 'pattern'
            """);
        using var reader = await Admin.WithNewKeyAsync(read: ["many.*"]);
        var names = Enumerable.Range(1, 1201).Select(static n => $"many.{n:0000}").ToList();

        Assert.Equal(names, Names(await reader.GetAsync("credentials?deleted=true")));

        var paged = new List<string>();
        string? next = null;
        do
        {
            var page = await reader.GetAsync($"credentials?deleted=true&limit=500{(next is null ? "" : $"&cursor={next}")}");
            paged.AddRange(Names(page));
            next = Text(page.Json, "nextCursor");
        }
        while (next is not null);
        Assert.Equal(names, paged);

        static IEnumerable<string> Names(Answer answer) => answer.Is(HttpStatusCode.OK).Json.GetProperty("credentials").EnumerateArray().Select(static listed => Text(listed, "name")!);
    }

    [Fact]
    public async Task A_server_removes_what_was_deleted_long_enough_ago_and_what_another_one_left_behind_later()
    {
        await Admin.PutCredentialAsync("expired");
        await Admin.PutCredentialAsync("expired");
        await Admin.DeleteAsync("credentials/expired");
        await Admin.PutCredentialAsync("fresh");
        await Admin.DeleteAsync("credentials/fresh");
        await Admin.PutCredentialAsync("orphan");
        await Admin.PutCredentialAsync("orphan");
        await DatabaseContents.ExecuteAsync(vault.ConnectionString, "delete from axvault.credential where name = 'orphan'");
        await DatabaseContents.ExecuteAsync(vault.ConnectionString, "update axvault.credential_version set deleted_at = deleted_at - interval '31 days' where name = 'expired'");

        await using var server = await VaultServer.StartAsync(new ServerSettings(vault.ConnectionString));

        await Until.HoldsAsync(async () => await CountAsync("expired") == 0, "what has expired is removed");
        Assert.Equal(1, await CountAsync("fresh"));
        await Until.HoldsAsync(
            async () => await DatabaseContents.ScalarAsync<long>(vault.ConnectionString, "select count(*) from axvault.credential_version where name = 'orphan' and deleted_at is not null") == 1,
            "what was left behind counts as deleted");
        await Until.HoldsAsync(async () => (await Admin.GetAsync("audit?action=credential.purge&credential=expired")).Json.GetProperty("entries").GetArrayLength() == 1, "it is in the audit log");
    }

    [Fact]
    public async Task Each_action_is_in_the_audit_log()
    {
        var key = await Admin.CreateKeyAsync(["logged"], ["logged"]);
        using var client = Admin.With(key.Secret);
        await client.PutCredentialAsync("logged");
        await client.PutCredentialAsync("logged");
        var version = Text(Assert.Single((await client.GetAsync("credentials/logged/versions")).Json.GetProperty("versions").EnumerateArray()), "version");
        await client.GetAsync($"credentials/logged/versions/{version}");
        await client.PostAsync($"credentials/logged/versions/{version}/restore", "");
        (await client.PostAsync("credentials/logged/versions/00000000-0000-7000-8000-000000000000/restore", "")).IsNotFound();
        await client.DeleteAsync("credentials/logged");
        await client.PostAsync("credentials/logged/undelete", "");
        await client.DeleteAsync("credentials/logged?purge=true");

        var entries = (await Admin.GetAsync($"audit?key={key.Id}")).Json.GetProperty("entries").EnumerateArray().Reverse().Skip(1).Select(static entry => $"{Text(entry, "action")} {Text(entry, "outcome")} {Text(entry, "reason")}");
        Assert.Equal(
            [
                "credential.put success ", "credential.put success ", "credential.version.list success ", $"credential.version.read success version {version}",
                $"credential.restore success version {version}", "credential.restore failure not-found", "credential.delete success ", "credential.undelete success ", "credential.purge success ",
            ],
            entries);
    }

    [Fact]
    public async Task A_put_on_a_condition_changes_nothing_unless_it_holds()
    {
        (await PutAsync("condition", 1, "If-Match", "*")).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        var first = (await PutAsync("condition", 1, "If-None-Match", "*")).Is(HttpStatusCode.Created);
        Assert.Equal(first.Tag, (await Admin.GetAsync("credentials/condition")).Tag);
        (await PutAsync("condition", 2, "If-None-Match", "*")).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        (await PutAsync("condition", 2, "If-Match", "\"other\"")).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        (await PutAsync("condition", 2, "If-Match", $"W/{first.Tag}")).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        (await PutAsync("condition", 2, "If-Match", "nonsense")).IsInvalid("If-Match");
        Assert.Equal("""{"n":1}""", (await Admin.GetAsync("credentials/condition")).Raw("data"));
        Assert.Empty(await VersionsAsync("condition"));

        var second = (await PutAsync("condition", 2, "If-Match", $"\"other\", {first.Tag}")).Is(HttpStatusCode.Created);
        (await PutAsync("condition", 3, "If-Match", first.Tag)).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        var version = Text(Assert.Single(await VersionsAsync("condition")), "version");
        (await SendAsync(HttpMethod.Post, $"credentials/condition/versions/{version}/restore", "If-Match", first.Tag)).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        (await SendAsync(HttpMethod.Delete, "credentials/condition", "If-Match", first.Tag)).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        (await SendAsync(HttpMethod.Delete, "credentials/condition?purge=true", "If-Match", first.Tag)).IsProblem(HttpStatusCode.PreconditionFailed, "conflict");
        Assert.Equal("""{"n":2}""", (await Admin.GetAsync("credentials/condition")).Raw("data"));
        (await SendAsync(HttpMethod.Delete, "credentials/condition", "If-Match", second.Tag)).Is(HttpStatusCode.NoContent);
        Assert.Equal(8, (await Admin.GetAsync("audit?credential=condition&outcome=failure&limit=100")).Json.GetProperty("entries").EnumerateArray().Count(static entry => Text(entry, "reason") == "conflict"));
    }

    [Fact]
    public async Task Of_many_who_replace_what_they_have_read_one_does()
    {
        await Admin.PutCredentialAsync("contended");
        for (var round = 0; round < 5; round++)
        {
            var tag = (await Admin.GetAsync("credentials/contended")).Tag;
            var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => PutAsync("contended", n, "If-Match", tag)));

            var made = Assert.Single(answers, static answer => answer.Status == HttpStatusCode.Created);
            Assert.All(answers.Except([made]), static answer => answer.IsProblem(HttpStatusCode.PreconditionFailed, "conflict"));
            Assert.Equal(made.Tag, (await Admin.GetAsync("credentials/contended")).Tag);
        }
    }

    [Fact]
    public async Task Of_many_who_make_a_credential_one_does()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => PutAsync("made.once", n, "If-None-Match", "*")));

        Assert.Single(answers, static answer => answer.Status == HttpStatusCode.Created);
    }

    [Fact]
    public async Task No_state_is_lost_or_doubled_by_puts_and_restores_at_once()
    {
        for (var n = 0; n < 4; n++)
        {
            await Admin.PutCredentialAsync("race", $$"""{"n":{{n}}}""");
        }

        var versions = (await VersionsAsync("race")).Select(static version => Text(version, "version")).ToList();
        var answers = await Task.WhenAll(Enumerable.Range(4, 4).Select(n => Admin.PutCredentialAsync("race", $$"""{"n":{{n}}}"""))
            .Concat(versions.Concat(versions).Select(version => Admin.PostAsync($"credentials/race/versions/{version}/restore", ""))));

        Assert.All(answers, static answer => Assert.True(answer.Status is HttpStatusCode.Created or HttpStatusCode.OK or HttpStatusCode.NotFound, answer.Text));
        var current = (await Admin.GetAsync("credentials/race")).Json.GetProperty("data").GetProperty("n").GetInt32();
        Assert.Equal(Enumerable.Range(0, 8), (await NumbersAsync("race")).Append(current).Order());
    }

    [Fact]
    public async Task Deletions_and_undeletions_at_once_leave_one_state_in_one_place()
    {
        await Admin.PutCredentialAsync("tug", """{"n":1}""");
        var answers = await Task.WhenAll(Enumerable.Range(0, 24).Select(n => n % 2 == 0 ? Admin.DeleteAsync("credentials/tug") : Admin.PostAsync("credentials/tug/undelete", "")));

        Assert.All(answers, static answer => Assert.True(answer.Status is HttpStatusCode.NoContent or HttpStatusCode.OK or HttpStatusCode.NotFound or HttpStatusCode.Conflict, answer.Text));
        Assert.Equal(1, await CountAsync("tug"));
    }

    [Fact]
    public async Task What_a_key_may_not_reach_is_refused_in_the_same_words_whether_or_not_it_is_there()
    {
        await Admin.PutCredentialAsync("theirs");
        await Admin.PutCredentialAsync("theirs");
        var version = Text(Assert.Single(await VersionsAsync("theirs")), "version");
        using var other = await Admin.WithNewKeyAsync(["other"], ["other"]);

        foreach (var name in new[] { "theirs", "absent" })
        {
            (await other.GetAsync($"credentials/{name}/versions")).IsForbidden();
            (await other.GetAsync($"credentials/{name}/versions/{version}")).IsForbidden();
            (await other.PostAsync($"credentials/{name}/versions/{version}/restore", "")).IsForbidden();
            (await other.PostAsync($"credentials/{name}/undelete", "")).IsForbidden();
        }

        await Admin.PutCredentialAsync("other");
        (await Admin.GetAsync($"credentials/other/versions/{version}")).IsNotFound();
        (await Admin.GetAsync($"credentials/theirs/versions/{version!.ToUpperInvariant()}x")).IsNotFound();
    }

    private async Task<Answer> PutAsync(string name, int n, string header, string value) => await Admin.SendAsync(
        HttpMethod.Put,
        $"credentials/{name}",
        new StringContent($$$"""{"type":"api-key","data":{"n":{{{n}}}}}""", System.Text.Encoding.UTF8, "application/json"),
        headers => headers.TryAddWithoutValidation(header, value));

    private Task<Answer> SendAsync(HttpMethod method, string path, string header, string value) =>
        Admin.SendAsync(method, path, headers: headers => headers.TryAddWithoutValidation(header, value));

    private async Task<List<JsonElement>> VersionsAsync(string name) => [.. (await Admin.GetAsync($"credentials/{name}/versions")).Is(HttpStatusCode.OK).Json.GetProperty("versions").EnumerateArray()];

    // What each kept state holds, newest first.
    private async Task<List<int>> NumbersAsync(string name)
    {
        var numbers = new List<int>();
        foreach (var version in await VersionsAsync(name))
        {
            numbers.Add((await Admin.GetAsync($"credentials/{name}/versions/{Text(version, "version")}")).Is(HttpStatusCode.OK).Json.GetProperty("data").GetProperty("n").GetInt32());
        }

        return numbers;
    }

    private Task<long> CountAsync(string name) => DatabaseContents.ScalarAsync<long>(
        vault.ConnectionString, $"select (select count(*) from axvault.credential where name = '{name}') + (select count(*) from axvault.credential_version where name = '{name}')");

    private static string? Text(JsonElement element, string member) => element.TryGetProperty(member, out var value) ? value.GetString() : null;
}
