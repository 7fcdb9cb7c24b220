using System.Globalization;
using Axvault.Api.Startup;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Deployment;

/// <summary>deploy/systemd/axvault.service: its command starts a server, and systemd accepts the unit where systemd is installed.</summary>
public sealed class SystemdServiceTests(VaultGraph graph)
{
    private const string Path = "deploy/systemd/axvault.service";

    private static readonly IReadOnlyList<(string Section, string Key, string Value)> Unit = DeploymentFile.ReadUnit(Path);

    [Fact]
    public async Task The_command_starts_a_server_in_the_environment_of_the_unit()
    {
        await using var database = await graph.CreateDatabaseAsync();
        using var folder = new TestFolder();
        var connection = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var credentials = new Dictionary<string, string> { ["encryption-key"] = ServerSettings.DefaultKey, ["database-password"] = connection.Password! };
        foreach (var name in Values("LoadCredential").Select(static value => value.Split(':')[0]))
        {
            File.WriteAllText(System.IO.Path.Combine(folder.Path, name), credentials[name] + "\n");
        }

        var port = FreePort.Next();
        connection.Password = null;
        var start = VaultServer.StartInfo(Values("ExecStart").Single().Split(' ')[1..]);
        start.Environment["STATE_DIRECTORY"] = System.IO.Path.Combine(folder.Path, "state");
        foreach (var (name, value) in DeploymentFile.EnvironmentOf(Unit))
        {
            start.Environment[name] = value.Replace("%d", folder.Path, StringComparison.Ordinal);
        }

        // These two are in the settings file of the operator.
        start.Environment["AXVAULT_DATABASE_URL"] = connection.ConnectionString;
        start.Environment["AXVAULT_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        await using var server = await VaultServer.StartAsync(start, port, [.. credentials.Values]);

        using var client = server.Client(server.BootstrapSecret);
        (await client.PutCredentialAsync("of.systemd")).Is(System.Net.HttpStatusCode.Created);
        await Until.HoldsAsync(() => Directory.Exists(System.IO.Path.Combine(folder.Path, "state", "spool")), "the spool exists");
        Assert.Equal(0, await server.StopAsync());
    }

    [Fact]
    public void Every_variable_is_a_setting_of_the_server() =>
        Assert.All(DeploymentFile.EnvironmentOf(Unit).Keys, static name => Assert.Contains(AxvaultOptions.AllSettings, setting => setting.Variable == name));

    [Fact]
    public void A_stop_leaves_time_for_a_refresh_and_a_wrong_setting_is_not_retried()
    {
        Assert.InRange(int.Parse(Values("TimeoutStopSec").Single(), CultureInfo.InvariantCulture), 31, 120);
        Assert.Equal(["2"], Values("RestartPreventExitStatus"));
    }

    [Fact]
    public async Task Systemd_accepts_every_line_and_reports_little_exposure()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd is not installed.");
        using var folder = new TestFolder();
        var unit = System.IO.Path.Combine(folder.Path, "axvault.service");
        // The program is not installed on the machine of the test, so another one stands in for it.
        File.WriteAllText(unit, File.ReadAllText(DeploymentFile.PathOf(Path)).Replace("/usr/local/bin/axvault", "/bin/true", StringComparison.Ordinal));

        var verified = await ProgramRun.ToEndAsync(Analyze("verify", unit));
        var judged = await ProgramRun.ToEndAsync(Analyze("security", "--offline=true", "--threshold=15", unit));

        Assert.Equal((0, ""), (verified.ExitCode, verified.Errors));
        Assert.True(judged.ExitCode == 0, judged.Output);
    }

    private static System.Diagnostics.ProcessStartInfo Analyze(params string[] arguments) =>
        new("/usr/bin/systemd-analyze", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

    private static IEnumerable<string> Values(string key) => Unit.Where(line => line.Key == key).Select(static line => line.Value);
}
