using System.Net;
using System.Text;
using Axvault.Api.Keys;
using Axvault.Tests.Harness.Servers;
using static Axvault.Tests.Audit.ListedEntries;

namespace Axvault.Tests.Audit;

/// <summary>Lists and exports of audit entries: filters, pages, and no secrets in any entry.</summary>
public sealed class AuditListServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task Filters_narrow_the_list_and_the_cursor_returns_every_entry_once()
    {
        var key = await Admin.CreateKeyAsync(name: "filtered", read: ["*"], write: ["*"]);
        using var client = Admin.With(key.Secret);
        (await client.PutCredentialAsync("filtered.1")).Is(HttpStatusCode.Created);
        for (var i = 0; i < 5; i++)
        {
            (await client.GetAsync("credentials/filtered.1")).Is(HttpStatusCode.OK);
        }

        (await client.GetAsync("credentials/filtered.2")).Is(HttpStatusCode.NotFound);
        (await client.GetAsync("keys")).Is(HttpStatusCode.Forbidden);

        Assert.Equal(9, (await Admin.AllEntriesAsync($"key={key.Id}", 2)).Count);
        Assert.Equal(6, (await Admin.AllEntriesAsync($"key={key.Id}&credential=filtered.1", 4)).Count);
        Assert.Equal(5, (await Admin.AllEntriesAsync($"key={key.Id}&action=credential.read&outcome=success", 5)).Count);
        Assert.Equal(["key.list"], (await Admin.AllEntriesAsync($"key={key.Id}&outcome=denied", 5)).Select(static entry => Text(entry, "action")));
        var all = await Admin.AllEntriesAsync($"key={key.Id}", 1000);
        var middle = all[4].GetProperty("at").GetString();
        Assert.All(await Admin.AllEntriesAsync($"key={key.Id}&since={middle}", 3), entry => Assert.True(string.CompareOrdinal(Text(entry, "at"), middle) >= 0));
        Assert.All(await Admin.AllEntriesAsync($"key={key.Id}&until={middle}", 3), entry => Assert.True(string.CompareOrdinal(Text(entry, "at"), middle) < 0));
        Assert.Equal(
            all.Count,
            (await Admin.AllEntriesAsync($"key={key.Id}&since={middle}", 3)).Count + (await Admin.AllEntriesAsync($"key={key.Id}&until={middle}", 3)).Count
        );
        Assert.Equal(all.Select(Place).OrderDescending(), all.Select(Place));
        Assert.Equal(all.Select(Place), Lines(await vault.ExportAsync($"?key={key.Id}")).Select(Place));
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=", "limit")]
    [InlineData("since=yesterday", "since")]
    [InlineData("until=2026-01-01", "until")]
    [InlineData("action=drop", "action")]
    [InlineData("outcome=Denied", "outcome")]
    [InlineData("key=axv_sk_x", "key")]
    [InlineData("credential=../x", "credential")]
    [InlineData("cursor=1", "cursor")]
    [InlineData("cursor=1-1", "cursor")]
    [InlineData("cursor=99999999999999999999-1-1", "cursor")]
    [InlineData("cursor=1-99999999999999999999-1", "cursor")]
    [InlineData("key=k_0123456789ab&key=k_0123456789ab", "key")]
    public async Task A_wrong_filter_is_named(string query, string field)
    {
        var answer = await Admin.GetAsync($"audit?{query}");

        answer.IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        Assert.Contains(field, answer.Json.GetProperty("errors").EnumerateObject().Select(static error => error.Name));
    }

    [Fact]
    public async Task A_limit_above_the_maximum_is_reduced_to_it() =>
        Assert.InRange((await Admin.GetAsync("audit?limit=99999999999999")).Is(HttpStatusCode.OK).Json.GetProperty("entries").GetArrayLength(), 1, 1000);

    [Fact]
    public async Task A_user_agent_is_cut_and_masked_and_never_refused()
    {
        var mark = Guid.NewGuid().ToString("n");
        var answer = await RawHttp.ExchangeAsync(
            vault.Server.Address,
            Encoding.Latin1.GetBytes(
                $"GET /api/v1/credentials HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {Admin.Secret}\r\n"
                    + $"User-Agent: {mark}\u001b[31m\a {Admin.Secret} {new string('a', 4000)}\r\n\r\n"
            )
        );

        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        var agent = Text(
            Assert.Single(await Admin.AllEntriesAsync("action=credential.list", 1000), entry =>
                Text(entry, "userAgent")?.StartsWith(mark, StringComparison.Ordinal) is true
            ),
            "userAgent"
        )!;
        Assert.StartsWith($"{mark}?[31m? axv_sk_… aaaa", agent, StringComparison.Ordinal);
        Assert.Equal(256, agent.Length);
    }

    [Fact]
    public async Task No_entry_holds_a_secret_or_its_hash_or_the_data_of_a_credential()
    {
        var key = await Admin.CreateKeyAsync(read: ["*"], write: ["*"]);
        using var client = Admin.With(key.Secret);
        (await client.PutCredentialAsync("secretive", """{"token":"a-value-that-nobody-may-see"}""")).Is(HttpStatusCode.Created);
        (await client.GetAsync("credentials/secretive")).Is(HttpStatusCode.OK);
        (await client.GetAsync($"credentials/{key.Secret}")).Is(HttpStatusCode.NotFound);
        (await client.GetAsync($"keys/{key.Secret}?x={key.Secret}")).Is(HttpStatusCode.Forbidden);

        var export = await vault.ExportAsync("");

        Assert.DoesNotContain(key.Secret[7..], export, StringComparison.Ordinal);
        Assert.DoesNotContain("nobody-may-see", export, StringComparison.Ordinal);
        Assert.True(ApiKeySecret.TryParse(key.Secret, out var secret));
        Assert.DoesNotContain(Convert.ToHexStringLower(secret.Hash()), export, StringComparison.Ordinal);
    }
}
