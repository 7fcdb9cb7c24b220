using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials.Batch;

/// <summary>A batch read treats each credential exactly as a single read does.</summary>
public sealed class BatchReadServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    private VaultClient Admin => vault.Admin;

    [Fact]
    public async Task Each_name_has_its_own_outcome_in_the_requested_order()
    {
        await Admin.PutCredentialAsync("own.b", """{"apiKey":"sk-b"}""");
        await Admin.PutCredentialAsync("own.a", """{"apiKey":"sk-a",  "n":1.50}""");
        await Admin.PutCredentialAsync("else.c");
        using var reader = await Admin.WithNewKeyAsync(read: ["own.*"]);

        var outcomes = await ReadAsync(reader, "own.b", "else.c", "own.absent", "own.a", "else.absent");

        Assert.Equal(["own.b", "else.c", "own.absent", "own.a", "else.absent"], outcomes.Select(static outcome => outcome.GetProperty("name").GetString()));
        Assert.Equal([200, 403, 404, 200, 403], outcomes.Select(static outcome => outcome.GetProperty("status").GetInt32()));
        Assert.Equal(
            ["forbidden", "not-found", "forbidden"],
            outcomes.Where(static outcome => outcome.TryGetProperty("error", out _)).Select(static outcome => outcome.GetProperty("error").GetString())
        );
        var alone = await reader.GetAsync("credentials/own.a");
        Assert.Equal(alone.Tag, outcomes[3].GetProperty("etag").GetString());
        Assert.Equal(alone.Text, outcomes[3].GetProperty("credential").GetRawText());
        Assert.Equal(["name", "status", "etag", "credential"], outcomes[3].EnumerateObject().Select(static member => member.Name));
        Assert.Equal(["name", "status", "error", "detail"], outcomes[1].EnumerateObject().Select(static member => member.Name));
        Assert.Equal(
            outcomes[1].GetProperty("detail").GetString()!.Replace("else.c", "else.absent", StringComparison.Ordinal),
            outcomes[4].GetProperty("detail").GetString()
        );
    }

    [Fact]
    public async Task Each_name_leaves_an_audit_entry_and_the_call_leaves_none()
    {
        await Admin.PutCredentialAsync("entry.a");
        var key = await Admin.CreateKeyAsync(read: ["entry.*"]);
        using var reader = Admin.With(key.Secret);

        await ReadAsync(reader, "entry.a", "entry.absent", "other");

        Assert.Equal(
            ["entry.a success ", "entry.absent failure not-found", "other denied no read access"],
            (await EntriesAsync(key)).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"names":null}""")]
    [InlineData("""{"names":[]}""")]
    [InlineData("""{"names":["a","a"]}""")]
    [InlineData("""{"names":["a",null]}""")]
    [InlineData("""{"names":["a",""]}""")]
    [InlineData("""{"names":["a","*"]}""")]
    [InlineData("""{"names":["a","-b"]}""")]
    [InlineData("""{"names":"a"}""")]
    [InlineData("""{"names":[1]}""")]
    [InlineData("""{"names":[["a"]]}""")]
    [InlineData("""{"names":{"a":1}}""")]
    [InlineData("""{"names":["a"],"names":["b"]}""")]
    public async Task Invalid_names_are_400_and_nothing_is_read(string body)
    {
        var key = await Admin.CreateKeyAsync(read: ["*"]);
        using var reader = Admin.With(key.Secret);

        (await reader.PostAsync("credentials/read", body)).IsInvalid(body == "{}" || body.Contains("names\":[", StringComparison.Ordinal) ? "names" : "");

        Assert.Equal([" failure invalid-request"], await EntriesAsync(key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"names\":[\"a\"]")]
    [InlineData("{\"names\":[\"\\ud800\"]}")]
    public async Task A_malformed_body_is_400(string body) =>
        (await Admin.PostAsync("credentials/read", body)).IsProblem(HttpStatusCode.BadRequest, "invalid-request");

    [Fact]
    public async Task A_batch_has_at_most_100_names()
    {
        var names = Enumerable.Range(0, 101).Select(static n => $"many.{n}").ToArray();
        foreach (var name in names[..100].Where(static (_, n) => n % 10 == 0))
        {
            await Admin.PutCredentialAsync(name);
        }

        Assert.Equal(10, (await ReadAsync(Admin, names[..100])).Count(static outcome => outcome.GetProperty("status").GetInt32() == 200));
        (await Admin.PostAsync("credentials/read", new { names })).IsInvalid("names");
    }

    [Fact]
    public async Task A_credential_that_does_not_open_does_not_affect_the_others()
    {
        await Admin.PutCredentialAsync("opens");
        await Admin.PutCredentialAsync("damaged", """{"apiKey":"sk-damaged"}""");
        await Admin.PutCredentialAsync("foreign");
        await DatabaseContents.ExecuteAsync(
            vault.ConnectionString,
            "update axvault.credential_version set envelope = set_byte(envelope, 70, get_byte(envelope, 70) # 1) where name = 'damaged'"
        );
        await DatabaseContents.ExecuteAsync(
            vault.ConnectionString,
            "update axvault.credential_version set envelope = set_byte(envelope, 1, get_byte(envelope, 1) # 1) where name = 'foreign'"
        );
        var key = await Admin.CreateKeyAsync(read: ["*"]);
        using var reader = Admin.With(key.Secret);

        var outcomes = await ReadAsync(reader, "damaged", "opens", "foreign");

        Assert.Equal([500, 200, 503], outcomes.Select(static outcome => outcome.GetProperty("status").GetInt32()));
        Assert.Equal(("internal-error", "unavailable"), (outcomes[0].GetProperty("error").GetString(), outcomes[2].GetProperty("error").GetString()));
        Assert.Equal(
            ["damaged failure internal-error", "foreign failure unavailable", "opens success "],
            (await EntriesAsync(key)).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_credential_can_be_named_read()
    {
        (await Admin.PutCredentialAsync("read", """{"apiKey":"sk-read"}""")).Is(HttpStatusCode.Created);

        Assert.Equal("""{"apiKey":"sk-read"}""", (await Admin.GetAsync("credentials/read")).Is(HttpStatusCode.OK).Raw("data"));
        (await Admin.PostAsync("credentials/read/refresh", "")).IsProblem(HttpStatusCode.Conflict, "conflict");
        Assert.Equal(200, Assert.Single(await ReadAsync(Admin, "read")).GetProperty("status").GetInt32());
        var options = await Admin.SendAsync(HttpMethod.Options, "credentials/read");
        options.IsProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.Equal(["DELETE", "GET", "PATCH", "POST", "PUT"], options.Headers["Allow"].Split(", ").Order(StringComparer.Ordinal));
        var post = await Admin.PostAsync("credentials/other", "{}");
        post.IsProblem(HttpStatusCode.MethodNotAllowed, "method-not-allowed");
        Assert.Equal(["DELETE", "GET", "PATCH", "PUT"], post.Headers["Allow"].Split(", ").Order(StringComparer.Ordinal));
        (await Admin.DeleteAsync("credentials/read")).Is(HttpStatusCode.NoContent);
        (await Admin.GetAsync("credentials/read")).IsNotFound();
    }

    [Fact]
    public async Task No_data_is_returned_while_its_audit_entry_cannot_be_committed()
    {
        await Admin.PutCredentialAsync("withheld");
        await using var locked = await DatabaseContents.OpenAsync(vault.ConnectionString);
        await using (var transaction = await locked.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await using var command = new Npgsql.NpgsqlCommand("lock table axvault.lane in exclusive mode", locked, transaction);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

            (await Admin.PostAsync("credentials/read", """{"names":["withheld","absent"]}""")).IsUnavailable();
        }

        await Until.HoldsAsync(
            async () => (await Admin.PostAsync("credentials/read", """{"names":["withheld"]}""")).Status == HttpStatusCode.OK,
            "entries can be written again"
        );
    }

    private static async Task<List<JsonElement>> ReadAsync(VaultClient client, params string[] names) =>
        [.. (await client.PostAsync("credentials/read", new { names })).Is(HttpStatusCode.OK).Json.GetProperty("credentials").EnumerateArray()];

    private async Task<List<string>> EntriesAsync(CreatedKey key) =>
        [
            .. (await Admin.GetAsync($"audit?key={key.Id}&action=credential.read"))
                .Json.GetProperty("entries")
                .EnumerateArray()
                .Select(static entry => $"{Text(entry, "target")} {Text(entry, "outcome")} {Text(entry, "reason")}"),
        ];

    private static string? Text(JsonElement entry, string member) => entry.TryGetProperty(member, out var value) ? value.GetString() : null;
}
