using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Startup;

/// <summary>The log of a server: its forms, its levels, and no secrets in it.</summary>
public sealed class LogServerTests(VaultGraph graph)
{
    [Fact]
    public async Task The_log_in_Development_is_plain_text_lines()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString) { Variables = new Dictionary<string, string> { ["ASPNETCORE_ENVIRONMENT"] = "Development" } }
        );
        using var client = server.Client(server.BootstrapSecret);
        (await client.PutCredentialAsync("readable")).Is(HttpStatusCode.Created);

        Assert.Equal(0, await server.StopAsync());

        Assert.All(server.Output, static line => Assert.Matches(@"\A[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} (INF|WRN) [A-Za-z.]+: \S", line));
        Assert.Contains(server.Output, static line =>
            line.Contains("Axvault.Api.Audit.AuditLog: Audit credential.put success by k_", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task The_level_silent_logs_nothing_but_shows_the_first_secret()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString)
            {
                Port = FreePort.Next(),
                Variables = new Dictionary<string, string> { ["AXVAULT_LOG_LEVEL"] = "silent" },
            }
        );
        using var client = server.Client(server.BootstrapSecret);
        (await client.GetAsync("keys")).Is(HttpStatusCode.OK);
        (await client.GetAsync("credentials/absent")).IsNotFound();

        Assert.Equal(0, await server.StopAsync());
        Assert.Empty(server.Output);
        Assert.Single(server.Errors, static line => line.Contains("axv_sk_", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("info")]
    [InlineData("trace")]
    public async Task Each_log_line_is_a_JSON_object_without_secrets(string level)
    {
        const string Token = "canary-token-5d1c8e";
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Flags = ["--log-level", level] });
        using var client = server.Client(server.BootstrapSecret);
        (await client.PutCredentialAsync("logged", $$"""{"apiKey":"{{Token}}"}""")).Is(HttpStatusCode.Created);
        (await client.GetAsync("credentials/logged")).Is(HttpStatusCode.OK);
        (await client.PutCredentialAsync("logged", $$"""{"apiKey":"{{Token}}" """)).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        var created = await client.CreateKeyAsync();
        using var stranger = client.With(created.Secret[..^1] + (created.Secret[^1] == 'x' ? 'y' : 'x'));
        (await stranger.GetAsync("credentials/logged")).IsUnauthorized();
        (await client.GetAsync($"keys/{created.Secret}")).IsNotFound();
        (await client.GetAsync($"credentials/{created.Secret}")).IsNotFound();
        using var weak = client.With(created.Secret);
        (await weak.GetAsync($"credentials/{created.Secret}")).IsForbidden();
        await client.SendAsync(HttpMethod.Get, "credentials/logged", headers: static headers => headers.TryAddWithoutValidation("User-Agent", "a\"b\\c{d}"));

        Assert.Equal(0, await server.StopAsync());

        Assert.All(server.Output, static line =>
        {
            using var entry = JsonDocument.Parse(line);
            Assert.Equal(JsonValueKind.Object, entry.RootElement.ValueKind);
            Assert.True(entry.RootElement.TryGetProperty("@t", out _));
        });
        Assert.All(
            [
                Token,
                ServerSettings.DefaultKey,
                created.Secret,
                created.Secret[7..^1],
                client.Secret![7..],
                new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString).Password!,
            ],
            secret => Assert.DoesNotContain(server.Output, line => line.Contains(secret, StringComparison.Ordinal))
        );
        Assert.DoesNotContain(server.Output, static line => line.Contains("RequestPath", StringComparison.Ordinal));
        Assert.Contains(server.Output, line => line.Contains(created.Id, StringComparison.Ordinal));
    }
}
