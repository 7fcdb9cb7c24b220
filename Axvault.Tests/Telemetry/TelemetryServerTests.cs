using System.Net;
using System.Text;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Telemetry;

/// <summary>The traces, metrics and logs that a server exports over OTLP hold no secret.</summary>
public sealed class TelemetryServerTests(VaultGraph graph)
{
    [Theory]
    [InlineData("info")]
    [InlineData("trace")]
    public async Task No_secret_is_exported_over_OTLP(string level)
    {
        const string Token = "canary-token-8b1d7e2c9f";
        const string Malformed = "canary-malformed-3a6c5f";
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString) { Flags = ["--log-level", level], Variables = receiver.Variables }
        );
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("exported", $$"""{"apiKey":"{{Token}}"}""")).Is(HttpStatusCode.Created);
        (await admin.GetAsync("credentials/exported")).Is(HttpStatusCode.OK);
        (await admin.PutCredentialAsync("exported", $$"""{"apiKey":"{{Malformed}}" """)).IsProblem(HttpStatusCode.BadRequest, "invalid-request");
        var created = await admin.CreateKeyAsync(read: ["exported"]);
        using var client = admin.With(created.Secret);
        (await client.GetAsync("credentials/exported")).Is(HttpStatusCode.OK);
        var mistyped = created.Secret[..^1] + (created.Secret[^1] == 'x' ? 'y' : 'x');
        using var stranger = admin.With(mistyped);
        (await stranger.GetAsync("credentials/exported")).IsUnauthorized();
        (await admin.GetAsync($"credentials?access_token={created.Secret}")).Is(HttpStatusCode.OK);
        (await admin.GetAsync($"credentials?{created.Secret}")).Is(HttpStatusCode.OK);
        (await admin.GetAsync($"keys/{created.Secret}")).IsNotFound();
        (await admin.GetAsync($"credentials/{created.Secret}")).IsNotFound();
        (await client.GetAsync($"credentials/{created.Secret}")).IsForbidden();
        (await admin.GetAsync($"unknown/{created.Secret}/more")).IsNotFound();
        (
            await client.SendAsync(HttpMethod.Get, "credentials/forbidden", headers: headers =>
                headers.TryAddWithoutValidation("User-Agent", $"agent/{created.Secret}")
            )
        ).IsForbidden();
        await DatabaseContents.ExecuteAsync(
            database.ConnectionString,
            "update axvault.credential_version set envelope = set_byte(envelope, 70, get_byte(envelope, 70) # 1)"
        );
        (await admin.GetAsync("credentials/exported")).IsProblem(HttpStatusCode.InternalServerError, "internal-error");

        Assert.Equal(0, await server.StopAsync());

        AssertExported(receiver);
        Assert.All(
            [
                Token,
                Malformed,
                admin.Secret!,
                admin.Secret![7..],
                created.Secret,
                created.Secret[7..],
                mistyped,
                ServerSettings.DefaultKey,
                new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString).Password!,
            ],
            secret => Assert.False(receiver.Holds(Encoding.UTF8.GetBytes(secret)), $"{secret[..6]}… has left.")
        );
        Assert.False(receiver.Holds(System.Security.Cryptography.SHA256.HashData(Encoding.ASCII.GetBytes(created.Secret))));
    }

    [Fact]
    public async Task The_spans_and_metrics_of_the_database_are_exported()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Variables = receiver.Variables });
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("seen")).Is(HttpStatusCode.Created);
        (await admin.GetAsync("credentials/seen")).Is(HttpStatusCode.OK);

        await Until.HoldsAsync(
            () => receiver.Holds("traces", "Npgsql") && receiver.Holds("traces", "from axvault.credential"),
            "spans with the statement have come"
        );
        await Until.HoldsAsync(
            () => receiver.Holds("metrics", "db.client.operation.duration") && receiver.Holds("metrics", "db.client.connection.count"),
            "metrics of statements and the pool have come"
        );
    }

    [Fact]
    public async Task The_log_level_also_applies_to_exported_logs()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString)
            {
                Port = FreePort.Next(),
                Flags = ["--log-level", "warn"],
                Variables = receiver.Variables,
            }
        );
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("quiet")).Is(HttpStatusCode.Created);
        using var weak = await admin.WithNewKeyAsync();
        (await weak.GetAsync("credentials/quiet")).IsForbidden();
        await Until.HoldsAsync(() => receiver.Holds("logs", "credential.read"), "the refusal has come");

        Assert.Equal(0, await server.StopAsync());

        Assert.True(receiver.Holds("logs", "Warning"), "Warnings must have come.");
        Assert.False(receiver.Holds("logs", "Information"));
        Assert.False(receiver.Holds("logs", "credential.put"));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task An_unreachable_collector_does_not_disturb_the_server()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString)
            {
                Variables = new Dictionary<string, string>
                {
                    ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{FreePort.Next()}",
                    ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                    ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
                },
            }
        );
        using var admin = server.Client(server.BootstrapSecret);

        (await admin.PutCredentialAsync("served")).Is(HttpStatusCode.Created);
        (await admin.GetAsync("credentials/served")).Is(HttpStatusCode.OK);
        Assert.Equal(0, await server.StopAsync());
    }

    private static void AssertExported(OtlpReceiver receiver)
    {
        Assert.True(receiver.Holds("traces", "/api/v1/credentials/{name}"), "Spans must have come.");
        Assert.True(receiver.Holds("metrics", "http.server.request.duration"), "Metrics must have come.");
        Assert.True(receiver.Holds("logs", "credential.put"), "Logs must have come.");
        Assert.True(receiver.Holds("logs", "Information"), "Logs must name their level.");
        Assert.True(receiver.Holds("traces", "/api/v1/keys/axv_sk_…"), "The path must be there, and masked.");
        Assert.False(receiver.Holds("logs", "RequestPath"), "No path must be logged.");
        Assert.True(receiver.Holds("logs", "axvault-under-test"), "The service must have its name.");
    }
}
