using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Graph;

/// <summary>The end of an AppHost that was started in a terminal: its exit code, its output and its processes.</summary>
public sealed partial class AppHostProcessTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_taken_port_ends_the_AppHost_with_one_line_and_leaves_no_process()
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
        await Until.HoldsAsync(() => HasBootstrapKeyAsync(appHost, cluster), "the API has created its first key");
        var postgres = int.Parse(File.ReadLines(cluster.PidFile).First(), CultureInfo.InvariantCulture);
        var api = FindApi(PortOf(cluster));

        appHost.Terminate();

        await Until.HoldsAsync(() => !Runs(api), "the API has ended");
        Assert.True(Runs(postgres), "PostgreSQL must outlive the API.");
        Assert.Equal(0, await appHost.WaitForExitAsync());
        Assert.False(Runs(postgres), "PostgreSQL must have ended.");
        Assert.Empty(appHost.Errors);

        // The stop may come before the commands of the dashboard have their key. That is a warning which is expected.
        Assert.DoesNotContain(appHost.Output, static line =>
            line.Contains("Microsoft.AspNetCore", StringComparison.Ordinal)
            || (line.StartsWith("warn", StringComparison.Ordinal) && !line.Contains("Keys.VaultSession", StringComparison.Ordinal))
        );
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task The_terminal_shows_lines_that_work_at_the_first_start_and_at_the_next()
    {
        using var folder = new TestFolder();
        var first = await ReadExportAsync(folder);
        var second = await ReadExportAsync(folder);

        Assert.Equal(first, second);
    }

    // Starts and stops an AppHost, and returns the secret in its export line, with which the API answers.
    private static async Task<string> ReadExportAsync(TestFolder folder)
    {
        await using var appHost = AppHostProcess.Start(folder.Path);
        await Until.HoldsAsync(
            () =>
            {
                Assert.False(appHost.HasExited, appHost.Transcript());
                return appHost.Output.Any(static line => line.Contains("  curl -s $AXVAULT_URL", StringComparison.Ordinal));
            },
            () => $"the terminal shows the lines.\n{appHost.Transcript()}"
        );
        var export = Export().Match(Assert.Single(appHost.Output, static line => line.Contains("export ", StringComparison.Ordinal)));
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", export.Groups[2].Value);
        using var answer = await client.GetAsync($"{export.Groups[1].Value}/api/v1/keys", CancellationToken);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        appHost.Terminate();
        Assert.Equal(0, await appHost.WaitForExitAsync());
        return export.Groups[2].Value;
    }

    [GeneratedRegex("export AXVAULT_URL=(http://127.0.0.1:[0-9]+) AXVAULT_API_KEY=(axv_sk_[0-9A-Za-z]{49})$")]
    private static partial Regex Export();

    private static async Task<bool> HasBootstrapKeyAsync(AppHostProcess appHost, ClusterFolder cluster)
    {
        Assert.False(appHost.HasExited, appHost.Transcript());
        try
        {
            var server = new NpgsqlConnectionStringBuilder
            {
                Host = "127.0.0.1",
                Port = PortOf(cluster),
                Username = "postgres",
                Password = cluster.Password(),
                Database = "axvault",
                Pooling = false,
            };
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

    // Finds the server that uses this PostgreSQL among the servers of other tests.
    private static int FindApi(int postgresPort) =>
        Directory
            .EnumerateDirectories("/proc")
            .Where(static folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Where(folder =>
                Read(folder, "environ").Contains($"ConnectionStrings__vaultdb=Host=127.0.0.1;Port={postgresPort};", StringComparison.Ordinal)
                && Read(folder, "cmdline").Contains("axvault\0serve", StringComparison.Ordinal)
            )
            .Select(static folder => int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture))
            .Single();

    // A zombie process (state Z) has ended, although it is still listed.
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
