using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>A file in the spool that would hold up whoever opens it.</summary>
public sealed class SpoolFileServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_pipe_in_the_spool_stops_neither_the_sweeper_nor_the_signal_to_stop()
    {
        await using var database = await graph.CreateDatabaseAsync();
        using var folder = new TestFolder();
        var settings = new ServerSettings(database.ConnectionString) { Variables = new Dictionary<string, string> { ["AXVAULT_REFRESH_SPOOL"] = folder.Path } };
        await using (var first = await VaultServer.StartAsync(settings))
        {
            Assert.Equal(0, await first.StopAsync());
        }

        var id = await DatabaseContents.ScalarAsync<string>(database.ConnectionString, "select left(encode(sha256(salt), 'hex'), 16) from axvault.vault");
        Pipe.Make(Path.Combine(folder.Path, $"{id}-pipe.token"));

        await using var server = await VaultServer.StartAsync(settings);

        await server.WaitForOutputAsync("it is no plain file");
        Assert.Equal(0, await server.StopAsync());
        Assert.True(Path.Exists(Path.Combine(folder.Path, $"{id}-pipe.token.refused")));
    }
}
