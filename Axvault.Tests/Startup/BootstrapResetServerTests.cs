using System.Net;
using System.Text.RegularExpressions;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Startup;

/// <summary><c>axvault bootstrap --reset</c> opens a vault again after the loss of the administrators' keys.</summary>
public sealed partial class BootstrapResetServerTests(VaultGraph graph)
{
    private static readonly string[] Names = ["Bootstrap Admin", "Bootstrap Admin", "a key"];

    [Fact]
    public async Task A_reset_creates_a_key_and_shows_its_secret_only_on_standard_error()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var first = server.Client(server.BootstrapSecret);
        var other = await first.CreateKeyAsync(["*"]);

        var run = await RunAsync(database, "--reset");

        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        var secret = Assert.Single(Secret().Matches(run.Errors)).Value;
        using var admin = server.Client(secret);
        Assert.Equal(
            Names,
            (await admin.GetAsync("keys"))
                .Is(HttpStatusCode.OK)
                .Json.GetProperty("keys")
                .EnumerateArray()
                .Select(static key => key.GetProperty("name").GetString())
                .Order()
        );
        (await first.GetAsync("keys")).Is(HttpStatusCode.OK);
        using var reader = admin.With(other.Secret);
        (await reader.GetAsync("credentials")).Is(HttpStatusCode.OK);

        var entry = Assert.Single((await admin.GetAsync("audit?action=bootstrap.reset")).Json.GetProperty("entries").EnumerateArray());
        Assert.Equal("success", entry.GetProperty("outcome").GetString());
        Assert.Contains($"({entry.GetProperty("target").GetString()})", run.Errors, StringComparison.Ordinal);
        Assert.StartsWith("state of ", entry.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.True((await admin.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.audit_note"));
        Assert.False((await DatabaseContents.ReadAsync(database.ConnectionString)).Holds(secret["axv_sk_".Length..]));
    }

    [Fact]
    public async Task A_reset_with_revoke_others_removes_every_administrator_key_and_no_other()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var first = server.Client(server.BootstrapSecret);
        (await first.PutCredentialAsync("kept")).Is(HttpStatusCode.Created);
        using var second = await first.WithNewKeyAsync(["*"], grant: ["a", "*"]);
        using var reader = await first.WithNewKeyAsync(["*"], ["*"], ["claude.*"]);
        (await second.GetAsync("credentials/kept")).Is(HttpStatusCode.OK);

        var run = await RunAsync(database, "--reset", "--revoke-others");

        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        using var admin = server.Client(Assert.Single(Secret().Matches(run.Errors)).Value);
        (await first.GetAsync("keys")).IsUnauthorized();
        (await second.GetAsync("credentials/kept")).IsUnauthorized();
        (await reader.GetAsync("credentials/kept")).Is(HttpStatusCode.OK);
        Assert.Equal(2, (await admin.GetAsync("keys")).Is(HttpStatusCode.OK).Json.GetProperty("keys").GetArrayLength());
        var removed = (await admin.GetAsync("audit?action=key.delete")).Json.GetProperty("entries").EnumerateArray().ToList();
        Assert.Equal(2, removed.Count);
        Assert.All(removed, static entry => Assert.Equal("removed by axvault bootstrap --reset --revoke-others", entry.GetProperty("reason").GetString()));
        Assert.True((await admin.GetAsync("audit/verify")).Json.GetProperty("valid").GetBoolean());
    }

    [Fact]
    public async Task A_reset_needs_a_vault_and_its_encryption_key_but_no_server()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var none = await RunAsync(database, "--reset");
        Assert.Equal((1, ""), (none.ExitCode, none.Output));
        Assert.Matches("^axvault: The database at .* has no vault of this version: start a server of this version on it first.", none.Errors);

        await using (var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)))
        {
            using var admin = server.Client(server.BootstrapSecret);
            var id = (await admin.GetAsync("keys")).Json.GetProperty("keys")[0].GetProperty("id").GetString();
            (await admin.DeleteAsync($"keys/{id}?force=true")).Is(HttpStatusCode.NoContent);
        }

        var start = Start(database, "--reset");
        start.Environment["AXVAULT_ENCRYPTION_KEY"] = "another-encryption-key-of-the-tests-01234567";
        var wrong = await ProgramRun.ToEndAsync(start);
        Assert.Equal((1, ""), (wrong.ExitCode, wrong.Output));
        Assert.StartsWith(
            "axvault: AXVAULT_ENCRYPTION_KEY is not the key of this vault",
            Assert.Single(wrong.Errors.TrimEnd().Split('\n')),
            StringComparison.Ordinal
        );
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.api_key"));

        var run = await RunAsync(database, "--reset");
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            "bootstrap.reset",
            await DatabaseContents.ScalarAsync<string>(
                database.ConnectionString,
                "select action from axvault.audit_entry order by at desc, lane desc, sequence desc limit 1"
            )
        );

        await using var again = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        Assert.Null(again.BootstrapSecret);
        using var found = again.Client(Assert.Single(Secret().Matches(run.Errors)).Value);
        (await found.GetAsync("keys")).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("--reset: expected", "--reset=false")]
    [InlineData("", "--revoke-others")]
    [InlineData("")]
    [InlineData("unknown flag --force", "--reset", "--force")]
    public async Task An_incomplete_command_line_creates_no_key(string line, params string[] arguments)
    {
        var run = await ProgramRun.ToEndAsync(["bootstrap", .. arguments]);

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.StartsWith($"axvault: {line}", Assert.Single(run.Errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    private static Task<ProgramRun> RunAsync(TestDatabase database, params string[] arguments) => ProgramRun.ToEndAsync(Start(database, arguments));

    private static System.Diagnostics.ProcessStartInfo Start(TestDatabase database, params string[] arguments)
    {
        var start = VaultServer.StartInfo(["bootstrap", .. arguments]);
        start.Environment["AXVAULT_DATABASE_URL"] = database.ConnectionString;
        start.Environment["AXVAULT_ENCRYPTION_KEY"] = ServerSettings.DefaultKey;
        return start;
    }

    [GeneratedRegex("axv_sk_[0-9A-Za-z]{49}")]
    private static partial Regex Secret();
}
