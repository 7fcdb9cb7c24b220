using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Startup;

/// <summary>Databases with another locale, encoding or settings.</summary>
[Trait("Category", "Long")]
public sealed class DatabaseKindServerTests(VaultGraph graph)
{
    [Theory(Explicit = true)]
    [InlineData("locale_provider icu icu_locale 'en-US'")]
    [InlineData("locale_provider icu icu_locale 'de-DE-u-ks-level1'")]
    [InlineData("locale_provider builtin builtin_locale 'C.UTF-8'")]
    public async Task Names_are_ordered_by_bytes_and_case_sensitive_in_any_locale(string locale)
    {
        await WithDatabaseAsync($"encoding 'UTF8' {locale}", async connectionString =>
        {
            string[] names = ["b", "B", "a_b", "a.b", "a-b", "aB", "ab", "a0", "A", "a"];
            await using var server = await VaultServer.StartAsync(new ServerSettings(connectionString));
            using var admin = server.Client(server.BootstrapSecret);
            foreach (var name in names)
            {
                (await admin.PutCredentialAsync(name, $$"""{"name":"{{name}}"}""")).Is(HttpStatusCode.Created);
            }

            using var reader = await admin.WithNewKeyAsync(read: ["a*"]);

            Assert.Equal(names.Order(StringComparer.Ordinal), Names(await admin.GetAsync("credentials")));
            Assert.Equal(names.Where(static name => name.StartsWith('a')).Order(StringComparer.Ordinal), Names(await reader.GetAsync("credentials")));
            Assert.Equal(["a-b", "a.b"], Names(await reader.GetAsync("credentials?limit=2&cursor=a")));
            Assert.Equal("""{"name":"B"}""", (await admin.GetAsync("credentials/B")).Raw("data"));
        });
    }

    [Theory(Explicit = true)]
    [InlineData("LATIN1")]
    [InlineData("SQL_ASCII")]
    public async Task A_database_with_another_encoding_than_UTF_8_is_refused_at_start(string encoding)
    {
        await WithDatabaseAsync($"encoding '{encoding}' lc_collate 'C' lc_ctype 'C'", static async connectionString =>
        {
            await using var server = await VaultServer.RunToEndAsync(new ServerSettings(connectionString));

            Assert.Equal(1, await server.WaitForExitAsync());
            Assert.Contains("must be UTF8", Assert.Single(server.Errors), StringComparison.Ordinal);
        });
    }

    [Theory(Explicit = true)]
    [InlineData("timezone = 'Asia/Kathmandu'")]
    [InlineData("datestyle = 'German'")]
    [InlineData("bytea_output = 'escape'")]
    [InlineData("search_path = 'nowhere'")]
    [InlineData("default_transaction_isolation = 'serializable'")]
    [InlineData("standard_conforming_strings = 'off'")]
    public async Task Settings_of_the_database_do_not_change_answers(string setting)
    {
        await using var database = await graph.CreateDatabaseAsync();
        await DatabaseContents.ExecuteAsync(database.ConnectionString, $"alter database {database.Name} set {setting}");
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);

        (await admin.PutAsync("credentials/set", """{"type":"oauth-token","data":{"s":"\\"},"expiresAt":"2026-01-15T10:30:00.123Z","notes":"a\\b"}""")).Is(
            HttpStatusCode.Created
        );

        var answer = await admin.GetAsync("credentials/set");
        Assert.Equal("2026-01-15T10:30:00.123Z", answer.Json.GetProperty("expiresAt").GetString());
        Assert.Equal("""{"s":"\\"}""", answer.Raw("data"));
        Assert.Equal("a\\b", answer.Json.GetProperty("notes").GetString());
        Assert.InRange(answer.Json.GetProperty("createdAt").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.StartsWith("k_", (await admin.CreateKeyAsync(["a.*"])).Id, StringComparison.Ordinal);
    }

    private static List<string> Names(Answer answer) =>
        [
            .. answer
                .Is(HttpStatusCode.OK)
                .Json.GetProperty("credentials")
                .EnumerateArray()
                .Select(static credential => credential.GetProperty("name").GetString()!),
        ];

    private async Task WithDatabaseAsync(string options, Func<string, Task> test)
    {
        var name = $"test_{Guid.NewGuid():n}";
        await DatabaseContents.ExecuteAsync(graph.ConnectionString, $"create database {name} template template0 {options}");
        try
        {
            await test(new NpgsqlConnectionStringBuilder(graph.ConnectionString) { Database = name }.ConnectionString);
        }
        finally
        {
            await DatabaseContents.ExecuteAsync(graph.ConnectionString, $"drop database {name} with (force)");
        }
    }
}
