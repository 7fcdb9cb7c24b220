using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Startup;

/// <summary>The addresses that a server listens on, and what can change them.</summary>
public sealed class ListenServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_port_in_use_ends_the_start_before_anything_is_written()
    {
        await using var database = await graph.CreateDatabaseAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();

        await using var server = await VaultServer.RunToEndAsync(
            new ServerSettings(database.ConnectionString) { Port = ((IPEndPoint)listener.LocalEndpoint).Port }
        );

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains("AXVAULT_PORT", Assert.Single(server.Errors), StringComparison.Ordinal);
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from pg_namespace where nspname = 'axvault'"));
    }

    [Fact]
    public async Task An_address_of_another_machine_ends_the_start_with_one_line()
    {
        await using var database = await graph.CreateDatabaseAsync();

        await using var server = await VaultServer.RunToEndAsync(new ServerSettings(database.ConnectionString) { Flags = ["--host", "192.0.2.1"] });

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains("AXVAULT_HOST", Assert.Single(server.Errors), StringComparison.Ordinal);
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from pg_namespace where nspname = 'axvault'"));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task Variables_of_ASP_NET_Core_do_not_change_the_address()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var (url, port, secure) = (FreePort.Next(), FreePort.Next(), FreePort.Next());
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString)
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
            }
        );

        Assert.Single(server.Output, static line => line.Contains("Now listening on", StringComparison.Ordinal));
        Assert.Equal("127.0.0.1", server.Address.Host);
        foreach (var other in new[] { url, port, secure })
        {
            using var client = new TcpClient();
            await Assert.ThrowsAnyAsync<SocketException>(async () =>
                await client.ConnectAsync(IPAddress.Loopback, other, TestContext.Current.CancellationToken)
            );
        }
    }

    [Theory]
    [InlineData("""{"AXVAULT_HOST":"0.0.0.0","AXVAULT_LOG_LEVEL":"silent","AllowedHosts":"example.org","Logging":{"LogLevel":{"Default":"None"}}}""")]
    [InlineData("{")]
    public async Task An_appsettings_file_in_the_working_folder_is_not_read(string file)
    {
        await using var database = await graph.CreateDatabaseAsync();
        var folder = Directory.CreateTempSubdirectory("axvault-test-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "appsettings.json"), file, TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "appsettings.Development.json"), file, TestContext.Current.CancellationToken);
            await using var server = await VaultServer.StartAsync(
                new ServerSettings(database.ConnectionString)
                {
                    WorkingDirectory = folder.FullName,
                    Variables = new Dictionary<string, string> { ["ASPNETCORE_ENVIRONMENT"] = "Development", ["AllowedHosts"] = "example.org" },
                }
            );

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
    public async Task A_deleted_working_folder_does_not_matter()
    {
        var folder = Directory.CreateTempSubdirectory("axvault-test-");
        var serve = VaultServer.StartInfo(["serve", "--port", "0", "--database-wait", "0"]);
        var start = new System.Diagnostics.ProcessStartInfo(
            "sh",
            ["-c", "cd \"$0\" && rmdir \"$0\" && exec \"$@\"", folder.FullName, serve.FileName, .. serve.ArgumentList]
        )
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
    public async Task The_host_localhost_works_and_a_flag_overrides_its_variable()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var port = FreePort.Next();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString)
            {
                Port = port,
                Flags = ["--host", "localhost"],
                Variables = new Dictionary<string, string> { ["AXVAULT_HOST"] = "192.0.2.1", ["AXVAULT_PORT"] = "1" },
            }
        );

        using var client = server.Client();
        (await client.GetAsync("health")).Is(HttpStatusCode.OK);
    }
}
