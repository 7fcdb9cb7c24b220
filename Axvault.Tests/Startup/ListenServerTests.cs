using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;

namespace Axvault.Tests.Startup;

/// <summary>Where a server listens, what it logs, and how it stops.</summary>
public sealed class ListenServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_port_that_is_taken_ends_the_start_with_nothing_written()
    {
        await using var database = await graph.CreateDatabaseAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        await using var server = await VaultServer.RunToEndAsync(new ServerSettings(database.ConnectionString) { Port = ((IPEndPoint)listener.LocalEndpoint).Port });

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains("AXVAULT_PORT", Assert.Single(server.Errors), StringComparison.Ordinal);
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from pg_namespace where nspname = 'axvault'"));
    }

    [Fact]
    public async Task An_address_of_another_machine_ends_the_start_with_a_clear_line()
    {
        await using var database = await graph.CreateDatabaseAsync();

        await using var server = await VaultServer.RunToEndAsync(new ServerSettings(database.ConnectionString) { Flags = ["--host", "192.0.2.1"] });

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains("AXVAULT_HOST", Assert.Single(server.Errors), StringComparison.Ordinal);
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from pg_namespace where nspname = 'axvault'"));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task The_variables_of_the_hosting_framework_do_not_change_where_it_listens()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var (url, port, secure) = (FreePort.Next(), FreePort.Next(), FreePort.Next());
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)
        {
            Variables = new Dictionary<string, string>
            {
                ["ASPNETCORE_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://0.0.0.0:{url}"),
                ["DOTNET_URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://0.0.0.0:{url}"),
                ["URLS"] = string.Create(CultureInfo.InvariantCulture, $"http://0.0.0.0:{url}"),
                ["ASPNETCORE_HTTP_PORTS"] = port.ToString(CultureInfo.InvariantCulture),
                ["HTTP_PORTS"] = port.ToString(CultureInfo.InvariantCulture),
                ["ASPNETCORE_HTTPS_PORTS"] = secure.ToString(CultureInfo.InvariantCulture),
                ["Kestrel__Endpoints__Other__Url"] = string.Create(CultureInfo.InvariantCulture, $"http://0.0.0.0:{secure}"),
            },
        });

        Assert.Single(server.Output, static line => line.Contains("Now listening on", StringComparison.Ordinal));
        Assert.Equal("127.0.0.1", server.Address.Host);
        foreach (var other in new[] { url, port, secure })
        {
            using var client = new TcpClient();
            await Assert.ThrowsAnyAsync<SocketException>(async () => await client.ConnectAsync(IPAddress.Loopback, other, TestContext.Current.CancellationToken));
        }
    }

    [Theory]
    [InlineData("""{"AXVAULT_HOST":"0.0.0.0","AXVAULT_LOG_LEVEL":"silent","AllowedHosts":"example.org","Logging":{"LogLevel":{"Default":"None"}}}""")]
    [InlineData("{")]
    public async Task A_settings_file_in_the_folder_that_it_is_started_in_is_not_read(string file)
    {
        await using var database = await graph.CreateDatabaseAsync();
        var folder = Directory.CreateTempSubdirectory("axvault-test-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "appsettings.json"), file, TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "appsettings.Development.json"), file, TestContext.Current.CancellationToken);
            await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)
            {
                WorkingDirectory = folder.FullName,
                Variables = new Dictionary<string, string> { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["AllowedHosts"] = "example.org" },
            });

            Assert.Equal("127.0.0.1", server.Address.Host);
            using var client = server.Client();
            (await client.GetAsync("health")).Is(HttpStatusCode.OK);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_folder_that_is_gone_does_not_matter()
    {
        var folder = Directory.CreateTempSubdirectory("axvault-test-");
        var serve = VaultServer.StartInfo(["serve", "--port", "0", "--database-wait", "0"]);
        var start = new System.Diagnostics.ProcessStartInfo("sh", ["-c", "cd \"$0\" && rmdir \"$0\" && exec \"$@\"", folder.FullName, serve.FileName, .. serve.ArgumentList])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["AXVAULT_ENCRYPTION_KEY"] = ServerSettings.DefaultKey,
                ["AXVAULT_DATABASE_URL"] = string.Create(CultureInfo.InvariantCulture, $"postgresql://127.0.0.1:{FreePort.Next()}/x"),
            },
        };

        var run = await ProgramRun.ToEndAsync(start);

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("axvault: The database at 127.0.0.1", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_development_the_log_is_readable_lines()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Variables = new Dictionary<string, string> { ["ASPNETCORE_ENVIRONMENT"] = "Development" } });
        using var client = server.Client(server.BootstrapSecret);
        (await client.PutCredentialAsync("readable")).Is(HttpStatusCode.Created);

        Assert.Equal(0, await server.StopAsync());

        Assert.All(server.Output, static line => Assert.Matches(@"\A[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} (INF|WRN) [A-Za-z.]+: \S", line));
        Assert.Contains(server.Output, static line => line.Contains("Axvault.Api.Audit.AuditLog: Audit credential.put success by k_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Localhost_is_both_loopbacks_and_a_flag_beats_its_variable()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var port = FreePort.Next();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)
        {
            Port = port,
            Flags = ["--host", "localhost"],
            Variables = new Dictionary<string, string> { ["AXVAULT_HOST"] = "192.0.2.1", ["AXVAULT_PORT"] = "1" },
        });

        using var client = server.Client();
        (await client.GetAsync("health")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Silent_logs_nothing_and_still_shows_the_first_secret()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)
        {
            Port = FreePort.Next(),
            Variables = new Dictionary<string, string> { ["AXVAULT_LOG_LEVEL"] = "silent" },
        });
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
    public async Task Each_line_of_the_log_is_one_JSON_object_without_secrets(string level)
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
            [Token, ServerSettings.DefaultKey, created.Secret, created.Secret[7..^1], client.Secret![7..], new Npgsql.NpgsqlConnectionStringBuilder(database.ConnectionString).Password!],
            secret => Assert.DoesNotContain(server.Output, line => line.Contains(secret, StringComparison.Ordinal)));
        Assert.DoesNotContain(server.Output, static line => line.Contains("RequestPath", StringComparison.Ordinal));
        Assert.Contains(server.Output, line => line.Contains(created.Id, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_stop_finishes_what_is_in_flight_and_exits_0()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var client = server.Client(server.BootstrapSecret);
        (await client.PutCredentialAsync("slow", """{"v":1}""")).Is(HttpStatusCode.Created);

        // A lock on the head of the audit chain holds up the put for as long as the test likes.
        await using var connection = await DatabaseContents.OpenAsync(database.ConnectionString);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var hold = new Npgsql.NpgsqlCommand("select from axvault.audit_head for update", connection, transaction))
        {
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var put = client.PutCredentialAsync("slow", """{"v":2}""");
        await Until.HoldsAsync(
            async () => await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0,
            "the put waits for the head");
        server.Terminate();
        await server.WaitForOutputAsync("Application is shutting down");
        Assert.False(put.IsCompleted);
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);

        (await put).Is(HttpStatusCode.Created);
        Assert.Equal(0, await server.WaitForExitAsync());
        await using var next = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var again = next.Client(client.Secret);
        Assert.Equal("""{"v":2}""", (await again.GetAsync("credentials/slow")).Raw("data"));
    }

    [Fact]
    public async Task A_stop_with_a_delay_is_not_ready_and_serves_on_and_ends_each_connection()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { Flags = ["--shutdown-delay", "3"] });
        using var client = server.Client(server.BootstrapSecret);
        using var probe = server.Client();
        Assert.False((await client.PutCredentialAsync("leaving")).Is(HttpStatusCode.Created).Headers.ContainsKey("Connection"));
        var clock = System.Diagnostics.Stopwatch.StartNew();

        server.Terminate();
        await Until.HoldsAsync(async () => await probe.TryGetStatusAsync("/health") == HttpStatusCode.ServiceUnavailable, "the server is not ready");

        (await probe.GetAsync("health")).IsUnavailable();
        (await probe.GetAsync("/alive")).Is(HttpStatusCode.OK);
        (await client.PutCredentialAsync("leaving")).Is(HttpStatusCode.Created);
        Assert.Equal("close", (await client.GetAsync("credentials/leaving")).Is(HttpStatusCode.OK).Headers.GetValueOrDefault("Connection"));
        Assert.False(server.HasExited);
        Assert.Equal(0, await server.WaitForExitAsync());
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(3), $"{clock.Elapsed}");
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_stop_with_idle_connections_is_quick()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var idle = await RawHttp.ConnectAsync(server.Address);
        using var client = server.Client(server.BootstrapSecret);
        (await client.GetAsync("credentials")).Is(HttpStatusCode.OK);
        var clock = System.Diagnostics.Stopwatch.StartNew();

        Assert.Equal(0, await server.StopAsync());
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
        Assert.DoesNotContain(server.Output, static line => line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal));
    }
}
