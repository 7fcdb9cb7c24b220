using System.Net;
using Axvault.Api.Encryption;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Rotation;

/// <summary>The rows of a vault that an older version has made are sealed once, and never again.</summary>
public sealed class VaultSealingServerTests(VaultGraph graph)
{
    private const string Unsealed = "update axvault.api_key set mac = null, kek_id = null";

    [Fact]
    public async Task Keys_of_an_older_version_are_sealed_once_and_the_log_tells_their_number()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var secret = await MakeOlderAsync(database.ConnectionString, keys: 2);

        await using (var server = await StartAsync(database.ConnectionString))
        {
            using var admin = server.Client(secret);
            Assert.Equal(["3 keys of an older version"], await SealsAsync(admin));
            Assert.Equal(3, (await admin.GetAsync("keys")).Json.GetProperty("keys").GetArrayLength());
            await DatabaseContents.ExecuteAsync(database.ConnectionString, Unsealed);
            Assert.Equal(HttpStatusCode.Unauthorized, (await admin.GetAsync("keys")).Status);
            Assert.Equal(0, await server.StopAsync());
        }

        await AssertNotSealedAsync(database.ConnectionString, secret);
    }

    [Fact]
    public async Task An_older_copy_of_the_vaults_own_rows_does_not_have_keys_sealed_again()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var secret = await MakeOlderAsync(database.ConnectionString, keys: 0);
        await using (var server = await StartAsync(database.ConnectionString))
        {
            Assert.Equal(0, await server.StopAsync());
        }

        await DatabaseContents.ExecuteAsync(database.ConnectionString, Unsealed);
        await VaultInsider.SetLevelAsync(database.ConnectionString, SealLevel.None);

        await AssertNotSealedAsync(database.ConnectionString, secret, "the audit log says that it is");
    }

    [Fact]
    public async Task A_new_vault_is_sealed_from_its_first_key_on()
    {
        await using var database = await graph.CreateDatabaseAsync();
        string? secret;
        await using (var server = await StartAsync(database.ConnectionString))
        {
            secret = server.BootstrapSecret;
            using var admin = server.Client(secret);
            Assert.Empty(await SealsAsync(admin));
            Assert.Equal(0, await server.StopAsync());
        }

        await DatabaseContents.ExecuteAsync(database.ConnectionString, Unsealed);

        await AssertNotSealedAsync(database.ConnectionString, secret);
    }

    [Fact]
    public async Task Keys_are_sealed_only_when_no_server_of_an_older_version_is_left()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var secret = await MakeOlderAsync(database.ConnectionString, keys: 0);
        await DatabaseContents.ExecuteAsync(database.ConnectionString, OlderServer);

        await using var server = await StartAsync(database.ConnectionString);
        using var admin = server.Client(secret);
        // The older server knows no MACs: what it writes must be readable, and so must be what it reads.
        Assert.Empty(await SealsAsync(admin));
        var key = await admin.CreateKeyAsync();
        await DatabaseContents.ExecuteAsync(database.ConnectionString, $"update axvault.api_key set name = 'by the older one' where id = '{key.Id}'");
        Assert.Contains("by the older one", (await admin.GetAsync("keys")).Is(HttpStatusCode.OK).Text, StringComparison.Ordinal);

        await DatabaseContents.ExecuteAsync(database.ConnectionString, "delete from axvault.server where name = 'older'");

        await Until.HoldsAsync(async () => (await SealsAsync(admin)) is ["2 keys of an older version"], "the keys are sealed");
        Assert.False((await admin.GetAsync("keys")).Json.TryGetProperty("unreadable", out _));
        await DatabaseContents.ExecuteAsync(database.ConnectionString, $"update axvault.api_key set name = 'by an attacker' where id = '{key.Id}'");
        Assert.DoesNotContain("by an attacker", (await admin.GetAsync("keys")).Is(HttpStatusCode.OK).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Data_of_an_older_version_is_read_and_a_key_rotation_binds_it()
    {
        await using var lab = await RotationLab.CreateAsync(graph);
        var first = await lab.StartAsync(RotationLab.Old);
        await DatabaseContents.ExecuteAsync(lab.ConnectionString, Unsealed);
        Assert.Equal(0, await first.StopAsync());
        await VaultInsider.SetLevelAsync(lab.ConnectionString, SealLevel.None, RotationLab.Old);
        await DatabaseContents.ExecuteAsync(lab.ConnectionString, OlderServer);

        // Beside a server of an older version, which knows format 1 only.
        var second = await lab.StartAsync(RotationLab.Old);
        using (var admin = lab.Admin(second))
        {
            (await admin.PutCredentialAsync("older")).Is(HttpStatusCode.Created);
            (await admin.PutCredentialAsync("older")).Is(HttpStatusCode.Created);
            (await admin.GetAsync("credentials/older")).Is(HttpStatusCode.OK);
        }

        Assert.Equal(2, await CountAsync(1));
        Assert.Equal(0, await second.StopAsync());
        await DatabaseContents.ExecuteAsync(lab.ConnectionString, "delete from axvault.server");

        var third = await lab.StartAsync(RotationLab.Old);
        using (var admin = lab.Admin(third))
        {
            (await admin.GetAsync("credentials/older")).Is(HttpStatusCode.OK);
            (await admin.PutCredentialAsync("newer")).Is(HttpStatusCode.Created);
        }

        Assert.Equal((2, 1), (await CountAsync(1), await CountAsync(2)));
        Assert.Equal(0, await third.StopAsync());

        var last = await lab.StartAsync(RotationLab.New, RotationLab.Old);
        await lab.UntilMovedAsync(RotationLab.New);
        Assert.Equal((0, 3), (await CountAsync(1), await CountAsync(2)));
        using (var admin = lab.Admin(last))
        {
            (await admin.GetAsync("credentials/older")).Is(HttpStatusCode.OK);
            await DatabaseContents.ExecuteAsync(lab.ConnectionString, "update axvault.credential_version set provider = 'openai' where name = 'older'");
            (await admin.GetAsync("credentials/older")).IsProblem(HttpStatusCode.InternalServerError, "internal-error");
        }

        Task<long> CountAsync(int format) =>
            DatabaseContents.ScalarAsync<long>(
                lab.ConnectionString,
                $"select count(*) from axvault.credential_version where get_byte(envelope, 0) = {format}"
            );
    }

    private const string OlderServer = """
        insert into axvault.server (id, name, kek_ids, encrypts_with, seen_at)
        select gen_random_uuid(), 'older', array[kek_id], kek_id, clock_timestamp() + interval '1 second' from axvault.kek
        """;

    private static Task<VaultServer> StartAsync(string connectionString) => VaultServer.StartAsync(new ServerSettings(connectionString));

    private static async Task AssertNotSealedAsync(string connectionString, string? secret, string? error = null)
    {
        await using var server = await StartAsync(connectionString);
        using var admin = server.Client(secret);
        Assert.Equal(HttpStatusCode.Unauthorized, (await admin.GetAsync("keys")).Status);
        Assert.Equal(0, await DatabaseContents.ScalarAsync<long>(connectionString, "select count(*) from axvault.api_key where mac is not null"));
        if (error is not null)
        {
            await server.WaitForOutputAsync(error);
        }
    }

    // Returns the secret of the first key.
    private static async Task<string?> MakeOlderAsync(string connectionString, int keys)
    {
        await using var server = await StartAsync(connectionString);
        var secret = server.BootstrapSecret;
        using var admin = server.Client(secret);
        for (var i = 0; i < keys; i++)
        {
            await admin.CreateKeyAsync();
        }

        Assert.Equal(0, await server.StopAsync());
        await DatabaseContents.ExecuteAsync(connectionString, Unsealed);
        await VaultInsider.SetLevelAsync(connectionString, SealLevel.None);
        return secret;
    }

    private static async Task<List<string?>> SealsAsync(VaultClient admin) =>
        [
            .. (await admin.GetAsync("audit?action=key.seal"))
                .Is(HttpStatusCode.OK)
                .Json.GetProperty("entries")
                .EnumerateArray()
                .Select(static entry => entry.GetProperty("reason").GetString()),
        ];
}
