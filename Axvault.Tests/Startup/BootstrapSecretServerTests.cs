using System.Net;
using Axvault.Api.Keys;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Startup;

/// <summary>The first key with the secret of a file, and the command that makes such a secret.</summary>
public sealed class BootstrapSecretServerTests(VaultGraph graph)
{
    private const string Variable = "AXVAULT_BOOTSTRAP_SECRET_FILE";

    [Fact]
    public async Task The_first_key_has_the_secret_of_the_file_which_is_shown_nowhere()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var secret = ApiKeySecret.Create().Reveal();
        using var folder = new TestFolder();
        var file = Write(folder, secret + "\n");
        await using var server = await VaultServer.StartAsync(Settings(database, file) with { Flags = ["--log-level", "trace"] });

        using var client = server.Client(secret);
        var key = Assert.Single((await client.GetAsync("keys")).Is(HttpStatusCode.OK).Json.GetProperty("keys").EnumerateArray());

        Assert.Equal("Bootstrap Admin", key.GetProperty("name").GetString());
        Assert.All(["readAccess", "writeAccess", "grantAccess"], list => Assert.Equal("""["*"]""", key.GetProperty(list).GetRawText()));
        Assert.Single(
            server.Output,
            line => line.Contains(key.GetProperty("id").GetString()!, StringComparison.Ordinal) && line.Contains(Variable, StringComparison.Ordinal)
        );
        Assert.Empty(server.Errors);
        Assert.DoesNotContain(server.Output, line => line.Contains(secret["axv_sk_".Length..], StringComparison.Ordinal));
        Assert.False((await DatabaseContents.ReadAsync(database.ConnectionString)).Holds(secret["axv_sk_".Length..]));
    }

    [Fact]
    public async Task The_file_is_ignored_when_there_is_a_key()
    {
        await using var database = await graph.CreateDatabaseAsync();
        using var folder = new TestFolder();
        var (first, second) = (ApiKeySecret.Create().Reveal(), ApiKeySecret.Create().Reveal());
        await using (await VaultServer.StartAsync(Settings(database, Write(folder, first))))
        {
        }

        await using var server = await VaultServer.StartAsync(Settings(database, Write(folder, second)));

        using var stranger = server.Client(second);
        (await stranger.GetAsync("keys")).IsUnauthorized();
        using var admin = server.Client(first);
        Assert.Single((await admin.GetAsync("keys")).Is(HttpStatusCode.OK).Json.GetProperty("keys").EnumerateArray());
        Assert.Empty(server.Errors);
        Assert.DoesNotContain(server.Output, static line => line.Contains(Variable, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Servers_that_start_at_once_with_the_same_file_make_one_key()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var secret = ApiKeySecret.Create().Reveal();
        using var folder = new TestFolder();
        var file = Write(folder, secret);
        var servers = Enumerable.Range(0, 2).Select(_ => VaultServer.Launch(Settings(database, file))).ToList();
        try
        {
            await Task.WhenAll(servers.Select(static server => server.WaitUntilReadyAsync()));

            foreach (var server in servers)
            {
                using var client = server.Client(secret);
                Assert.Single((await client.GetAsync("keys")).Is(HttpStatusCode.OK).Json.GetProperty("keys").EnumerateArray());
                Assert.Empty(server.Errors);
            }

            Assert.Single(servers.SelectMany(static server => server.Output), static line => line.Contains(Variable, StringComparison.Ordinal));
        }
        finally
        {
            await Task.WhenAll(servers.Select(static server => server.DisposeAsync().AsTask()));
        }
    }

    [Theory]
    [InlineData("canary-not-a-secret")]
    [InlineData("axv_sk_canary0000000000000000000000000000000000000000000000")]
    [InlineData("")]
    public async Task A_malformed_secret_ends_the_start_with_one_line_that_names_the_setting(string content)
    {
        using var folder = new TestFolder();
        await using var server = await VaultServer.RunToEndAsync(
            new ServerSettings("postgresql://127.0.0.1:1/x") { Variables = new Dictionary<string, string> { [Variable] = Write(folder, content) } }
        );

        Assert.Equal(2, await server.WaitForExitAsync());
        var line = Assert.Single(server.Errors);
        Assert.StartsWith($"axvault: {Variable}: expected a file", line, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", line, StringComparison.Ordinal);
        Assert.Empty(server.Output);
    }

    [Fact]
    public async Task The_command_key_secret_prints_a_new_secret_and_nothing_else()
    {
        var first = await ProgramRun.ToEndAsync("key-secret");
        var second = await ProgramRun.ToEndAsync("key-secret");

        Assert.Equal((0, ""), (first.ExitCode, first.Errors));
        Assert.True(ApiKeySecret.TryParse(first.Output.TrimEnd(), out _), "The output must be the secret of an API key.");
        Assert.NotEqual(first.Output, second.Output);
    }

    private static string Write(TestFolder folder, string content)
    {
        var file = Path.Combine(folder.Path, "secret");
        File.WriteAllText(file, content);
        return file;
    }

    private static ServerSettings Settings(TestDatabase database, string file) =>
        new(database.ConnectionString) { Variables = new Dictionary<string, string> { [Variable] = file } };
}
