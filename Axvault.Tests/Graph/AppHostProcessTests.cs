using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Tests.Server;
using Npgsql;

namespace Axvault.Tests.Graph;

/// <summary>What whoever starts the AppHost in a terminal sees of its end.</summary>
public sealed class AppHostProcessTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_port_that_another_AppHost_has_ends_the_AppHost_with_one_line_and_leaves_nothing_running()
    {
        using var folder = new TestFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var appHost = AppHostProcess.Start(folder.Path, port);

        Assert.Equal(1, await appHost.WaitForExitAsync());

        var line = Assert.Single(appHost.Errors);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}"), line, StringComparison.Ordinal);
        Assert.Contains("Another AppHost is running", line, StringComparison.Ordinal);
        Assert.DoesNotContain(appHost.Output, static line => line.Contains("Exception", StringComparison.Ordinal));
        Assert.False(File.Exists(new ClusterFolder(folder.Path).PidFile), "PostgreSQL must have been stopped.");
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_stop_ends_the_API_before_PostgreSQL_and_both_before_the_prompt_returns()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processes are found in /proc.");
        using var folder = new TestFolder();
        var cluster = new ClusterFolder(folder.Path);
        await using var appHost = AppHostProcess.Start(folder.Path);
        await Until.HoldsAsync(() => HasBootstrapKeyAsync(appHost, cluster), "the API has made its first key");
        var postgres = int.Parse(File.ReadLines(cluster.PidFile).First(), CultureInfo.InvariantCulture);
        var api = FindApi(PortOf(cluster));

        appHost.Terminate();

        await Until.HoldsAsync(() => !Runs(api), "the API has ended");
        Assert.True(Runs(postgres), "PostgreSQL must outlive the API.");
        Assert.Equal(0, await appHost.WaitForExitAsync());
        Assert.False(Runs(postgres), "PostgreSQL must have ended.");
        Assert.Empty(appHost.Errors);

        // It may be stopped before the dashboard's commands have got their key, which is told.
        Assert.DoesNotContain(
            appHost.Output,
            static line => line.Contains("Microsoft.AspNetCore", StringComparison.Ordinal)
                || (line.StartsWith("warn", StringComparison.Ordinal) && !line.Contains("Dashboard.VaultSession", StringComparison.Ordinal)));
    }

    private static async Task<bool> HasBootstrapKeyAsync(AppHostProcess appHost, ClusterFolder cluster)
    {
        Assert.False(appHost.HasExited, appHost.Transcript());
        try
        {
            var server = new NpgsqlConnectionStringBuilder { Host = "127.0.0.1", Port = PortOf(cluster), Username = "postgres", Password = cluster.Password(), Database = "axvault", Pooling = false };
            await using var connection = new NpgsqlConnection(server.ConnectionString);
            await connection.OpenAsync(CancellationToken);
            await using var command = new NpgsqlCommand("select exists (select from axvault.api_key)", connection);
            return await command.ExecuteScalarAsync(CancellationToken) is true;
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or FormatException)
        {
            // No port, no server, no database or no table yet.
            return false;
        }
    }

    private static int PortOf(ClusterFolder cluster) => int.Parse(File.ReadAllText(Path.Combine(cluster.Root, "port")), CultureInfo.InvariantCulture);

    // The server that was given this PostgreSQL, among those of other tests.
    private static int FindApi(int postgresPort) => Directory.EnumerateDirectories("/proc")
        .Where(static folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .Where(folder => Read(folder, "environ").Contains($"ConnectionStrings__vaultdb=Host=127.0.0.1;Port={postgresPort};", StringComparison.Ordinal)
            && Read(folder, "cmdline").Contains("axvault\0serve", StringComparison.Ordinal))
        .Select(static folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture))
        .Single();

    // A process that has ended and was not waited for yet runs no more.
    private static bool Runs(int id) => Read($"/proc/{id}", "stat") is { Length: > 0 } stat && stat[stat.LastIndexOf(')') + 2] != 'Z';

    private static string Read(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
