using System.Net;
using System.Text;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;

namespace Axvault.Tests.Telemetry;

/// <summary>What leaves the server over OTLP: traces, metrics and logs, without a secret in any of them.</summary>
public sealed class TelemetryServerTests(VaultGraph graph)
{
    [Theory]
    [InlineData("info")]
    [InlineData("trace")]
    public async Task No_secret_leaves_over_OTLP(string level)
    {
        const string Token = "canary-token-8b1d7e2c9f";
        const string Malformed = "canary-malformed-3a6c5f";
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Flags = ["--log-level", level], Variables = receiver.Variables });
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
        (await client.SendAsync(HttpMethod.Get, "credentials/forbidden", headers: headers => headers.TryAddWithoutValidation("User-Agent", $"agent/{created.Secret}"))).IsForbidden();
        await DatabaseContents.ExecuteAsync(database.ConnectionString, "update axvault.credential set envelope = set_byte(envelope, 70, get_byte(envelope, 70) # 1)");
        (await admin.GetAsync("credentials/exported")).IsProblem(HttpStatusCode.InternalServerError, "internal-error");

        Assert.Equal(0, await server.StopAsync());

        Assert.True(receiver.Holds("traces", "/api/v1/credentials/{name}"), "Spans must have come.");
        Assert.True(receiver.Holds("metrics", "http.server.request.duration"), "Metrics must have come.");
        Assert.True(receiver.Holds("logs", "credential.put"), "Logs must have come.");
        Assert.True(receiver.Holds("logs", "Information"), "They must name their level.");
        Assert.True(receiver.Holds("traces", "/api/v1/keys/axv_sk_…"), "The path must be there, and masked.");
        Assert.False(receiver.Holds("logs", "RequestPath"), "No path must be logged.");
        Assert.True(receiver.Holds("logs", "axvault-under-test"), "The service must have its name.");
        Assert.All(
            [
                Token, Malformed, admin.Secret!, admin.Secret![7..], created.Secret, created.Secret[7..], mistyped, ServerSettings.DefaultKey,
                new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString).Password!,
            ],
            secret => Assert.False(receiver.Holds(Encoding.UTF8.GetBytes(secret)), $"{secret[..6]}… has left."));
        Assert.False(receiver.Holds(System.Security.Cryptography.SHA256.HashData(Encoding.ASCII.GetBytes(created.Secret))));
    }

    [Fact]
    public async Task The_database_is_seen_over_OTLP()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Variables = receiver.Variables });
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("seen")).Is(HttpStatusCode.Created);
        (await admin.GetAsync("credentials/seen")).Is(HttpStatusCode.OK);

        await Until.HoldsAsync(() => receiver.Holds("traces", "Npgsql") && receiver.Holds("traces", "from axvault.credential"), "spans with the statement have come");
        await Until.HoldsAsync(() => receiver.Holds("metrics", "db.client.operation.duration") && receiver.Holds("metrics", "db.client.connection.count"), "metrics of statements and the pool have come");
    }

    [Fact]
    public async Task The_log_level_holds_over_OTLP_as_well()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Port = FreePort.Next(), Flags = ["--log-level", "warn"], Variables = receiver.Variables });
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
    public async Task An_exporter_that_nobody_listens_to_disturbs_nothing()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)
        {
            Variables = new Dictionary<string, string>
            {
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = $"http://127.0.0.1:{FreePort.Next()}",
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
            },
        });
        using var admin = server.Client(server.BootstrapSecret);

        (await admin.PutCredentialAsync("served")).Is(HttpStatusCode.Created);
        (await admin.GetAsync("credentials/served")).Is(HttpStatusCode.OK);
        Assert.Equal(0, await server.StopAsync());
    }
}
