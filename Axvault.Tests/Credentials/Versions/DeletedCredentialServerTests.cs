using System.Net;
using Axvault.Tests.Harness.Servers;
using static Axvault.Tests.Credentials.Versions.KeptVersions;

namespace Axvault.Tests.Credentials.Versions;

/// <summary>A deleted credential is kept for a time. Until it is purged, an undelete brings it back with its versions.</summary>
public sealed class DeletedCredentialServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task A_deleted_credential_is_gone_at_once_and_an_undelete_returns_its_versions()
    {
        await Admin.PutCredentialAsync("deleted.a", """{"n":1}""");
        var first = await Admin.PutCredentialAsync("deleted.a", """{"n":2}""");
        using var reader = await Admin.WithNewKeyAsync(read: ["deleted.*"]);

        (await Admin.DeleteAsync("credentials/deleted.a")).Is(HttpStatusCode.NoContent);

        (await Admin.GetAsync("credentials/deleted.a")).IsNotFound();
        (await Admin.PostAsync("credentials/deleted.a/refresh", "")).IsNotFound();
        (await Admin.DeleteAsync("credentials/deleted.a")).IsNotFound();
        Assert.Empty((await reader.GetAsync("credentials")).Json.GetProperty("credentials").EnumerateArray());
        var listed = Assert.Single(
            (await reader.GetAsync("credentials?deleted=true&limit=5")).Is(HttpStatusCode.OK).Json.GetProperty("credentials").EnumerateArray()
        );
        Assert.Equal("deleted.a", Text(listed, "name"));
        Assert.Equal(TimeSpan.FromDays(30), listed.GetProperty("purgeAt").GetDateTimeOffset() - listed.GetProperty("deletedAt").GetDateTimeOffset());
        (await reader.PostAsync("credentials/deleted.a/undelete", "")).IsForbidden();

        (await Admin.PostAsync("credentials/deleted.a/undelete", "")).Is(HttpStatusCode.OK);

        var back = (await Admin.GetAsync("credentials/deleted.a")).Is(HttpStatusCode.OK);
        Assert.Equal(("""{"n":2}""", Text(first.Json, "createdAt")), (back.Raw("data"), Text(back.Json, "createdAt")));
        Assert.Equal([1], await Admin.NumbersAsync("deleted.a"));
        Assert.All(await Admin.VersionsAsync("deleted.a"), static version => Assert.False(version.TryGetProperty("deletedAt", out _)));
        Assert.Empty((await reader.GetAsync("credentials?deleted=true")).Json.GetProperty("credentials").EnumerateArray());
        (await Admin.PostAsync("credentials/deleted.a/undelete", "")).IsProblem(HttpStatusCode.Conflict, "conflict");
        (await Admin.PostAsync("credentials/never/undelete", "")).IsNotFound();
    }

    [Fact]
    public async Task Changes_show_their_attributes_only_to_a_key_that_may_read()
    {
        const string Body =
            """{"type":"api-key","agent":"claude","provider":"acme","displayName":"Mine","notes":"n","expiresAt":"2099-01-01T00:00:00Z","data":{"n":1}}""";
        using var writer = await Admin.WithNewKeyAsync(read: ["other"], write: ["shown"]);
        using var both = await Admin.WithNewKeyAsync(read: ["shown"], write: ["shown"]);
        foreach (var client in new[] { writer, both })
        {
            (await Admin.PutAsync("credentials/shown", Body)).Is(HttpStatusCode.Created);
            (await Admin.PutAsync("credentials/shown", Body)).Is(HttpStatusCode.Created);
            var version = Text((await Admin.VersionsAsync("shown"))[0], "version");
            var restored = (await client.PostAsync($"credentials/shown/versions/{version}/restore", "")).Is(HttpStatusCode.OK);
            (await client.DeleteAsync("credentials/shown")).Is(HttpStatusCode.NoContent);
            var undeleted = (await client.PostAsync("credentials/shown/undelete", "")).Is(HttpStatusCode.OK);

            string[] bare = ["createdAt", "name", "updatedAt"];
            string[] attributes = client == both ? ["agent", "displayName", "expiresAt", "notes", "provider", "type"] : [];
            Assert.All([restored, undeleted], answer => Assert.Equal([.. bare.Concat(attributes).Order()], answer.Members.Order(StringComparer.Ordinal)));
        }
    }

    [Fact]
    public async Task A_slow_delete_marks_all_versions_with_one_time_and_an_undelete_returns_all()
    {
        await DatabaseContents.ExecuteAsync(
            vault.ConnectionString,
            """
            create function public.mark_slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(0.003); return new; end $$;
            create trigger slowly before update on axvault.credential_version for each row when (new.name = 'slowly') execute function public.mark_slowly();
            """
        );
        for (var n = 0; n < 4; n++)
        {
            await Admin.PutCredentialAsync("slowly");
        }

        await Admin.DeleteAsync("credentials/slowly");
        (await Admin.PostAsync("credentials/slowly/undelete", "")).Is(HttpStatusCode.OK);

        Assert.All(await Admin.VersionsAsync("slowly"), static version => Assert.False(version.TryGetProperty("deletedAt", out _)));
    }

    [Fact]
    public async Task A_put_after_a_delete_creates_a_new_row_and_the_old_one_can_be_restored()
    {
        await Admin.PutCredentialAsync("anew", """{"n":1}""");
        await Admin.DeleteAsync("credentials/anew");
        await Admin.PutCredentialAsync("anew", """{"n":2}""");

        Assert.Equal([1], await Admin.NumbersAsync("anew"));
        await Admin.PostAsync($"credentials/anew/versions/{Text(Assert.Single(await Admin.VersionsAsync("anew")), "version")}/restore", "");

        Assert.Equal("""{"n":1}""", (await Admin.GetAsync("credentials/anew")).Raw("data"));
        Assert.Equal([2], await Admin.NumbersAsync("anew"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_purge_leaves_nothing_of_a_credential_in_the_database(bool isDeletedAlready)
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
            $"select array_agg(envelope) from axvault.credential_version where name = '{name}'"
        );
        Assert.Equal(3, envelopes.Length);

        (await Admin.DeleteAsync($"credentials/{name}?purge=true")).Is(HttpStatusCode.NoContent);

        Assert.Equal(0, await vault.CountAsync(name));
        var contents = await DatabaseContents.ReadAsync(vault.ConnectionString);
        Assert.All(envelopes, envelope => Assert.False(contents.Holds(envelope)));
        (await Admin.GetAsync($"credentials/{name}/versions")).IsNotFound();
        (await Admin.PostAsync($"credentials/{name}/undelete", "")).IsNotFound();
        (await Admin.DeleteAsync($"credentials/{name}?purge=true")).IsNotFound();
        (await Admin.DeleteAsync($"credentials/{name}?purge=perhaps")).IsInvalid("purge");
    }

    [Fact]
    public async Task Deleted_credentials_are_listed_completely_and_by_pages()
    {
        await Admin.PutCredentialAsync("pattern");
        await Admin.DeleteAsync("credentials/pattern");
        await DatabaseContents.ExecuteAsync(
            vault.ConnectionString,
            """
            insert into axvault.credential_version
              (id, name, type, envelope, created_at, updated_at, current_since, replaced_at, deleted_at, position)
            select gen_random_uuid(), 'many.' || to_char(n, 'FM0000'), type, envelope, created_at, updated_at, current_since, replaced_at, deleted_at, position
            from axvault.credential_version, generate_series(1, 1201) as n
            where name = 'pattern'
            """
        );
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
        } while (next is not null);
        Assert.Equal(names, paged);

        static IEnumerable<string> Names(Answer answer) =>
            answer.Is(HttpStatusCode.OK).Json.GetProperty("credentials").EnumerateArray().Select(static listed => Text(listed, "name")!);
    }

    [Fact]
    public async Task A_server_purges_expired_credentials_and_marks_orphaned_versions_as_deleted()
    {
        await Admin.PutCredentialAsync("expired");
        await Admin.PutCredentialAsync("expired");
        await Admin.DeleteAsync("credentials/expired");
        await Admin.PutCredentialAsync("fresh");
        await Admin.DeleteAsync("credentials/fresh");
        await Admin.PutCredentialAsync("orphan");
        await Admin.PutCredentialAsync("orphan");
        await DatabaseContents.ExecuteAsync(vault.ConnectionString, "delete from axvault.credential where name = 'orphan'");
        await DatabaseContents.ExecuteAsync(
            vault.ConnectionString,
            "update axvault.credential_version set deleted_at = deleted_at - interval '31 days' where name = 'expired'"
        );

        await using var server = await VaultServer.StartAsync(new ServerSettings(vault.ConnectionString));

        await Until.HoldsAsync(async () => await vault.CountAsync("expired") == 0, "the expired credential is purged");
        Assert.Equal(1, await vault.CountAsync("fresh"));
        await Until.HoldsAsync(
            async () =>
                await DatabaseContents.ScalarAsync<long>(
                    vault.ConnectionString,
                    "select count(*) from axvault.credential_version where name = 'orphan' and deleted_at is not null"
                ) == 2,
            "the orphaned versions are marked as deleted"
        );
        await Until.HoldsAsync(
            async () => (await Admin.GetAsync("audit?action=credential.purge&credential=expired")).Json.GetProperty("entries").GetArrayLength() == 1,
            "the purge is in the audit log"
        );
    }

    [Fact]
    public async Task Concurrent_deletes_and_undeletes_leave_one_version_in_one_place()
    {
        await Admin.PutCredentialAsync("tug", """{"n":1}""");
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 24).Select(n => n % 2 == 0 ? Admin.DeleteAsync("credentials/tug") : Admin.PostAsync("credentials/tug/undelete", ""))
        );

        Assert.All(answers, static answer =>
            Assert.True(answer.Status is HttpStatusCode.NoContent or HttpStatusCode.OK or HttpStatusCode.NotFound or HttpStatusCode.Conflict, answer.Text)
        );
        Assert.Equal(1, await vault.CountAsync("tug"));
    }
}
