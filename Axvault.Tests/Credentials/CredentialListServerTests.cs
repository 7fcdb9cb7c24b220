using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials;

public sealed class CredentialListServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private static readonly string[] Awkward =
    [
        "B",
        "a",
        "a-b",
        "a.b",
        "a0",
        "aB",
        "a_b",
        "ab",
        "Z",
        "0",
        "9",
        "10",
        "b",
        "A",
        "a-",
        "a.",
        "a_",
        "a.B",
        "a.b.c",
        "zz",
    ];

    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task Names_come_in_the_order_of_their_bytes()
    {
        foreach (var name in Awkward)
        {
            await Admin.PutCredentialAsync(name);
        }

        using var reader = await Admin.WithNewKeyAsync(read: Awkward);

        Assert.Equal(Awkward.Order(StringComparer.Ordinal), Names(await reader.GetAsync("credentials")));
    }

    [Fact]
    public async Task The_list_has_what_the_key_may_read_and_nothing_else()
    {
        foreach (var name in new[] { "f.a", "f.b", "f", "ff", "F.a", "g" })
        {
            await Admin.PutCredentialAsync(name);
        }

        using var reader = await Admin.WithNewKeyAsync(read: ["f.*", "g", "absent"], write: ["*"], grant: ["*"]);
        using var nothing = await Admin.WithNewKeyAsync(write: ["*"], grant: ["*"]);

        Assert.Equal(["f.a", "f.b", "g"], Names(await reader.GetAsync("credentials")));
        Assert.Empty(Names(await nothing.GetAsync("credentials")));
    }

    [Theory]
    [InlineData("p_*", new[] { "p_", "p_1" })]
    [InlineData("p*", new[] { "p", "p-1", "p.1", "p_", "p_1", "px" })]
    [InlineData("p.*", new[] { "p.1" })]
    public async Task A_prefix_is_not_a_LIKE_pattern(string entry, string[] expected)
    {
        foreach (var name in new[] { "p", "p-1", "p.1", "p_", "p_1", "px", "P_1", "xp_1" })
        {
            await Admin.PutCredentialAsync(name);
        }

        using var reader = await Admin.WithNewKeyAsync(read: [entry]);

        Assert.Equal(expected, Names(await reader.GetAsync("credentials")));
    }

    [Fact]
    public async Task A_list_never_holds_data()
    {
        await Admin.PutAsync(
            "credentials/listed",
            """
            {"type":"oauth-token","data":{"token":"tok-4711"},"agent":"codex","provider":"openai",
            "displayName":"d","notes":"n","expiresAt":"2030-01-15T10:30:00.000Z"}
            """
        );
        using var reader = await Admin.WithNewKeyAsync(read: ["listed"]);

        var answer = await reader.GetAsync("credentials");

        var listed = Assert.Single(answer.Is(HttpStatusCode.OK).Json.GetProperty("credentials").EnumerateArray());
        Assert.Equal(
            ["agent", "createdAt", "displayName", "expiresAt", "name", "notes", "permittedUse", "provider", "renewed", "tokenExpiresAt", "type", "updatedAt"],
            listed.EnumerateObject().Select(static member => member.Name).Order(StringComparer.Ordinal)
        );
        Assert.Equal("2030-01-15T10:30:00.000Z", listed.GetProperty("expiresAt").GetString());
        Assert.DoesNotContain("tok-4711", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("renewed", "oauth-credentials", """{"accessToken":"a","refreshToken":"r","expiresAt":1893456000000}""", "2030-01-01T00:00:00.000Z", true)]
    [InlineData("without", "oauth-credentials", """{"accessToken":"a","expiresAt":1893456000000}""", "2030-01-01T00:00:00.000Z", false)]
    [InlineData("unknown", "oauth-credentials", """{"accessToken":"a"}""", null, false)]
    [InlineData("token", "oauth-token", """{"accessToken":"a","expiresAt":1893456000000}""", null, false)]
    public async Task A_list_tells_the_expiry_in_the_data_and_the_renewal(string name, string type, string login, string? expiry, bool isRenewed)
    {
        (await Admin.PutAsync($"credentials/told.{name}", $$$"""{"type":"{{{type}}}","agent":"claude","data":{"claudeAiOauth":{{{login}}}}}""")).Is(
            HttpStatusCode.Created
        );

        // The first list opens the credential when only its data tells. The second one remembers.
        for (var i = 0; i < 2; i++)
        {
            var answer = (await Admin.GetAsync($"credentials?name=told.{name}")).Is(HttpStatusCode.OK);
            var listed = Assert.Single(answer.Json.GetProperty("credentials").EnumerateArray());
            Assert.Equal(expiry, listed.TryGetProperty("tokenExpiresAt", out var told) ? told.GetString() : null);
            Assert.Equal(isRenewed, listed.GetProperty("renewed").GetBoolean());
            Assert.False(listed.TryGetProperty("expiresAt", out _));
        }

        var read = (await Admin.GetAsync($"credentials/told.{name}")).Is(HttpStatusCode.OK).Json;
        Assert.False(read.TryGetProperty("tokenExpiresAt", out _) || read.TryGetProperty("renewed", out _));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(59)]
    [InlineData(60)]
    [InlineData(61)]
    public async Task Paging_returns_every_name_once_and_in_order(int limit)
    {
        var prefix = $"walk{limit}";
        var expected = await PutManyAsync(prefix, 60);
        using var reader = await Admin.WithNewKeyAsync(read: [$"{prefix}.*"]);

        List<string> walked = [];
        string? cursor = null;
        do
        {
            var answer = await reader.GetAsync($"credentials?limit={limit}" + (cursor is null ? "" : $"&cursor={cursor}"));
            var page = Names(answer);
            Assert.InRange(page.Count, 1, limit);
            walked.AddRange(page);
            cursor = answer.Json.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
            Assert.True(cursor is null || cursor == page[^1]);
        } while (cursor is not null);

        Assert.Equal(expected, walked);
    }

    [Fact]
    public async Task Paging_survives_changes_between_the_pages()
    {
        var names = await PutManyAsync("changing", 10);
        using var reader = await Admin.WithNewKeyAsync(read: ["changing.*"]);

        var first = Names(await reader.GetAsync("credentials?limit=5"));
        await Admin.DeleteAsync($"credentials/{first[^1]}");
        await Admin.PutCredentialAsync("changing.0before");
        var second = Names(await reader.GetAsync($"credentials?limit=50&cursor={first[^1]}"));

        Assert.Equal(names, first.Concat(second));
    }

    [Fact]
    public async Task The_last_page_has_no_cursor()
    {
        await PutManyAsync("last", 4);
        using var reader = await Admin.WithNewKeyAsync(read: ["last.*"]);

        Assert.Equal(["credentials"], (await reader.GetAsync("credentials")).Members);
        Assert.Equal(["credentials"], (await reader.GetAsync("credentials?limit=4")).Members);
        Assert.Equal(["credentials", "nextCursor"], (await reader.GetAsync("credentials?limit=3")).Members);
        var past = await reader.GetAsync("credentials?limit=3&cursor=zzz");
        Assert.Equal("""{"credentials":[]}""", past.Is(HttpStatusCode.OK).Text);
    }

    [Fact]
    public async Task A_list_is_complete_without_a_limit_and_has_at_most_1000_names_with_one()
    {
        await DatabaseContents.ExecuteAsync(
            vault.ConnectionString,
            """
            with versions as (
              insert into axvault.credential_version (id, name, type, envelope, created_at, updated_at, current_since)
              select gen_random_uuid(), 'bulk.' || to_char(n, 'FM0000'), 'api-key', '\x02'::bytea || sha512('x') || sha256('x'), now(), now(), now()
              from generate_series(1, 1100) as n
              returning name, id)
            insert into axvault.credential (name, version_id) select name, id from versions
            """
        );
        using var reader = await Admin.WithNewKeyAsync(read: ["bulk.*"]);

        var all = await reader.GetAsync("credentials");
        Assert.Equal(Enumerable.Range(1, 1100).Select(static number => $"bulk.{number:0000}"), Names(all));
        Assert.Equal(["credentials"], all.Members);
        Assert.Equal("application/json", all.ContentType);
        foreach (var limit in new[] { "1000", "1001", "5000", "2147483647", "2147483648", "99999999999999999999", "0000000000000000000000000000999999" })
        {
            if (limit.Length <= 32)
            {
                var answer = await reader.GetAsync($"credentials?limit={limit}");
                Assert.Equal(1000, Names(answer).Count);
                Assert.Equal("bulk.1000", answer.Json.GetProperty("nextCursor").GetString());
            }
        }

        Assert.Equal(100, Names(await reader.GetAsync("credentials?limit=1000&cursor=bulk.1000")).Count);

        // Counts around the page sizes at which the server reads from the database.
        foreach (var count in new[] { 1001, 1000, 999, 501, 500, 499 })
        {
            await DatabaseContents.ExecuteAsync(
                vault.ConnectionString,
                $"delete from axvault.credential where name > 'bulk.{count:0000}' and name like 'bulk.%'"
            );
            Assert.Equal(count, Names(await reader.GetAsync("credentials")).Count);
        }

        await DatabaseContents.ExecuteAsync(vault.ConnectionString, "delete from axvault.credential where name like 'bulk.%'");
        await DatabaseContents.ExecuteAsync(vault.ConnectionString, "delete from axvault.credential_version where name like 'bulk.%'");
    }

    [Theory]
    [InlineData("limit=", "limit")]
    [InlineData("limit", "limit")]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=00", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=+1", "limit")]
    [InlineData("limit=1.0", "limit")]
    [InlineData("limit=1e3", "limit")]
    [InlineData("limit=0x10", "limit")]
    [InlineData("limit=%201", "limit")]
    [InlineData("limit=1%00", "limit")]
    [InlineData("limit=%EF%BC%91", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("limit=NaN", "limit")]
    [InlineData("limit=1&limit=2", "limit")]
    [InlineData("limit=%zz", "limit")]
    [InlineData("cursor=a", "limit")]
    [InlineData("cursor=", "cursor")]
    [InlineData("limit=1&cursor=", "cursor")]
    [InlineData("limit=1&cursor=*", "cursor")]
    [InlineData("limit=1&cursor=a%00", "cursor")]
    [InlineData("limit=1&cursor=a%0a", "cursor")]
    [InlineData("limit=1&cursor=%ff", "cursor")]
    [InlineData("limit=1&cursor=a&cursor=b", "cursor")]
    public async Task A_wrong_limit_or_cursor_is_400_and_named(string query, string field)
    {
        (await Admin.GetAsync($"credentials?{query}")).IsInvalid(field);
    }

    [Theory]
    [InlineData("limit=1")]
    [InlineData("limit=%31")]
    [InlineData("limit=01")]
    [InlineData("limit=1&unknown=x")]
    [InlineData("LIMIT=1")]
    public async Task A_limit_is_accepted_in_other_spellings(string query)
    {
        await PutManyAsync("written", 2);

        Assert.Single(Names(await Admin.GetAsync($"credentials?{query}")));
    }

    private static List<string> Names(Answer answer) =>
        [
            .. answer
                .Is(HttpStatusCode.OK)
                .Json.GetProperty("credentials")
                .EnumerateArray()
                .Select(static credential => credential.GetProperty("name").GetString()!),
        ];

    private async Task<List<string>> PutManyAsync(string prefix, int count)
    {
        var names = Enumerable.Range(0, count).Select(i => $"{prefix}.{(i * 7919) % 1009}{"-._Aa"[i % 5]}").ToList();
        await Parallel.ForEachAsync(
            names,
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken },
            async (name, _) => (await Admin.PutCredentialAsync(name)).Is(HttpStatusCode.Created)
        );
        return [.. names.Order(StringComparer.Ordinal)];
    }
}
