using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;

namespace Axvault.Tests.Startup;

/// <summary>The warnings of a start about settings that the server ignores.</summary>
public sealed class SettingWarningServerTests(VaultGraph graph)
{
    private const string Value = "s3cretValue";

    [Fact]
    public async Task Ignored_settings_are_named_once_without_their_values()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var address = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        var url =
            $"postgresql://{address.Username}:{Uri.EscapeDataString(address.Password!)}@{address.Host}"
            + $":{address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture)}/{address.Database}?schema={Value}&pgbouncer={Value}";

        await using var server = await VaultServer.StartAsync(
            new ServerSettings("")
            {
                DatabaseUrl = url,
                Variables = new Dictionary<string, string> { ["AXVAULT_PORTT"] = Value, ["AXVAULT_LOGLEVEL"] = Value },
            }
        );

        var unknown = Assert.Single(server.Output, static line => line.Contains("Unknown settings", StringComparison.Ordinal));
        Assert.Contains("AXVAULT_LOGLEVEL, AXVAULT_PORTT", unknown, StringComparison.Ordinal);
        var ignored = Assert.Single(server.Output, static line => line.Contains("Parameters of the database URL", StringComparison.Ordinal));
        Assert.Contains("pgbouncer, schema", ignored, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Output.Concat(server.Errors), static line => line.Contains(Value, StringComparison.Ordinal));
    }
}
