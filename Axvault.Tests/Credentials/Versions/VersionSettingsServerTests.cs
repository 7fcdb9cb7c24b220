using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Credentials.Versions;

/// <summary>Servers that keep no versions, and versions whose encryption key is missing.</summary>
public sealed class VersionSettingsServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_server_with_both_retentions_set_to_0_keeps_nothing()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString) { Flags = ["--credential-versions", "0", "--deleted-retention-days", "0"] }
        );
        using var admin = server.Client(server.BootstrapSecret);

        await admin.PutCredentialAsync("gone");
        await admin.PutCredentialAsync("gone");
        Assert.Empty((await admin.GetAsync("credentials/gone/versions")).Is(HttpStatusCode.OK).Json.GetProperty("versions").EnumerateArray());
        (await admin.DeleteAsync("credentials/gone")).Is(HttpStatusCode.NoContent);

        (await admin.PostAsync("credentials/gone/undelete", "")).IsNotFound();
        Assert.Equal(
            0,
            await DatabaseContents.ScalarAsync<long>(
                database.ConnectionString,
                "select (select count(*) from axvault.credential) + (select count(*) from axvault.credential_version)"
            )
        );
    }

    [Fact]
    public async Task A_start_without_the_encryption_key_of_a_kept_version_is_refused()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using (var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)))
        {
            using var admin = server.Client(server.BootstrapSecret);
            await admin.PutCredentialAsync("replaced");
            await admin.PutCredentialAsync("replaced");
            Assert.Equal(0, await server.StopAsync());
        }

        Assert.Equal(
            1,
            await DatabaseContents.ExecuteAsync(
                database.ConnectionString,
                "update axvault.credential_version set envelope = set_byte(envelope, 1, get_byte(envelope, 1) # 1) where replaced_at is not null"
            )
        );

        await using var refused = await VaultServer.RunToEndAsync(new ServerSettings(database.ConnectionString));
        Assert.Contains(refused.Errors, static line => line.Contains("encrypted under keys that are not configured", StringComparison.Ordinal));
    }
}
