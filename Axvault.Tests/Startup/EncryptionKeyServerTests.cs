using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Startup;

/// <summary>Starts with a wrong encryption key, with a rotated one, and a server that missed a rotation.</summary>
public sealed class EncryptionKeyServerTests(VaultGraph graph)
{
    private const string Old = "the-old-encryption-key-0123456789abcdef";
    private const string New = "the-new-encryption-key-0123456789abcdef";

    [Fact]
    public async Task A_start_with_the_wrong_key_ends_with_one_line_and_changes_nothing()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using (var first = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { EncryptionKey = Old }))
        {
            using var client = first.Client(first.BootstrapSecret);
            (await client.PutCredentialAsync("stored")).Is(HttpStatusCode.Created);
        }

        var before = await FingerprintAsync(database);
        await using var wrong = await VaultServer.RunToEndAsync(new ServerSettings(database.ConnectionString) { EncryptionKey = New });

        Assert.Equal(1, await wrong.WaitForExitAsync());
        var line = Assert.Single(wrong.Errors);
        Assert.Contains("AXVAULT_ENCRYPTION_KEY", line, StringComparison.Ordinal);
        Assert.DoesNotContain(New, wrong.Transcript(), StringComparison.Ordinal);
        Assert.DoesNotContain(wrong.Output, static line => line.Contains("The vault is open", StringComparison.Ordinal));
        Assert.Equal(before, await FingerprintAsync(database));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_failing_start_answers_its_probes_with_503_until_it_ends()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using (_ = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { EncryptionKey = Old })) { }

        await using var wrong = VaultServer.Launch(new ServerSettings(database.ConnectionString) { EncryptionKey = New });
        await wrong.WaitUntilListeningAsync();
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(async _ =>
                {
                    using var probe = wrong.Client();
                    while (await probe.TryGetStatusAsync("/health") is { } status)
                    {
                        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
                    }
                })
        );

        Assert.Equal(1, await wrong.WaitForExitAsync());
        Assert.DoesNotContain(wrong.Output, static line =>
            line.Contains("\"@x\"", StringComparison.Ordinal) || line.Contains("\"@l\":\"Error\"", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task A_wrong_key_is_detected_in_an_empty_vault()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using (_ = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { EncryptionKey = Old })) { }

        await using var wrong = await VaultServer.RunToEndAsync(new ServerSettings(database.ConnectionString) { EncryptionKey = New });

        Assert.Equal(1, await wrong.WaitForExitAsync());
        Assert.Contains("AXVAULT_ENCRYPTION_KEY", Assert.Single(wrong.Errors), StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_rotated_vault_reads_old_data_and_writes_under_the_new_key()
    {
        await using var database = await graph.CreateDatabaseAsync();
        string secret;
        await using (var first = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { EncryptionKey = Old }))
        {
            secret = first.BootstrapSecret!;
            using var client = first.Client(secret);
            (await client.PutCredentialAsync("old", """{"apiKey":"old"}""")).Is(HttpStatusCode.Created);
            (await client.PutCredentialAsync("replaced", """{"apiKey":"old"}""")).Is(HttpStatusCode.Created);
            Assert.Equal(0, await first.StopAsync());
        }

        var oldKey = await KeyIdAsync(database, "old");
        await using (
            var rotated = await VaultServer.StartAsync(
                new ServerSettings(database.ConnectionString) { EncryptionKey = New, PreviousEncryptionKeys = $" {Old} ," }
            )
        )
        {
            using var client = rotated.Client(secret);
            Assert.Equal("""{"apiKey":"old"}""", (await client.GetAsync("credentials/old")).Raw("data"));
            (await client.PutCredentialAsync("replaced", """{"apiKey":"new"}""")).Is(HttpStatusCode.Created);
            (await client.PutCredentialAsync("new", """{"apiKey":"new"}""")).Is(HttpStatusCode.Created);
            Assert.NotEqual(oldKey, await KeyIdAsync(database, "replaced"));
            Assert.Equal(await KeyIdAsync(database, "new"), await KeyIdAsync(database, "replaced"));
            await Until.HoldsAsync(async () => await KeyIdAsync(database, "old") == await KeyIdAsync(database, "new"), "the unchanged credential is moved");
            await Until.HoldsAsync(
                async () =>
                    await DatabaseContents.ScalarAsync<bool>(
                        database.ConnectionString,
                        "select count(distinct kek_id) = 1 from axvault.credential_version"
                    ),
                "the replaced versions are moved"
            );
            await Until.HoldsAsync(
                async () => await DatabaseContents.ScalarAsync<long>(database.ConnectionString, "select count(*) from axvault.kek") == 1,
                "the rotation has ended"
            );
        }

        await using var complete = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { EncryptionKey = New });
        using var last = complete.Client(secret);
        Assert.Equal("""{"apiKey":"new"}""", (await last.GetAsync("credentials/replaced")).Raw("data"));
        Assert.Equal("""{"apiKey":"old"}""", (await last.GetAsync("credentials/old")).Raw("data"));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_server_that_missed_a_rotation_neither_serves_nor_overwrites_new_data()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var outdated = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { EncryptionKey = Old });
        using var old = outdated.Client(outdated.BootstrapSecret);

        // The server is paused for so long that the others take it for dead.
        Signal.Send(outdated.ProcessId, Signal.Stop);
        await DatabaseContents.ExecuteAsync(database.ConnectionString, "delete from axvault.server");
        await using var rotated = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString) { EncryptionKey = New, PreviousEncryptionKeys = Old }
        );
        using var client = rotated.Client(outdated.BootstrapSecret);
        (await client.PutCredentialAsync("new", """{"apiKey":"new"}""")).Is(HttpStatusCode.Created);
        await Until.HoldsAsync(
            () => DatabaseContents.ScalarAsync<bool>(database.ConnectionString, "select count(*) = 1 from axvault.kek"),
            "the rotation is done"
        );
        var stored = await FingerprintAsync(database);
        Signal.Send(outdated.ProcessId, Signal.Continue);
        await outdated.WaitForOutputAsync("This server cannot read their data");

        (await old.GetAsync("credentials/new")).IsUnavailable();
        (await old.PutCredentialAsync("new", """{"apiKey":"overwritten"}""")).IsUnavailable();

        Assert.Equal(stored, await FingerprintAsync(database));
        Assert.Equal("""{"apiKey":"new"}""", (await client.GetAsync("credentials/new")).Raw("data"));
        (await old.PutCredentialAsync("by-the-outdated")).IsUnavailable();
        await outdated.WaitForOutputAsync("was retired by a key rotation");
        (await client.GetAsync("credentials/by-the-outdated")).Is(HttpStatusCode.NotFound);
        Assert.True((await client.GetAsync("audit/verify")).Is(HttpStatusCode.OK).Json.GetProperty("valid").GetBoolean());

        // Another server with only the old key does not start either, while a server encrypts with the new one.
        await using var late = await VaultServer.RunToEndAsync(new ServerSettings(database.ConnectionString) { EncryptionKey = Old });
        Assert.Equal(1, await late.WaitForExitAsync());
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task The_encryption_key_can_come_from_a_file()
    {
        await using var database = await graph.CreateDatabaseAsync();
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, Old + "\n", TestContext.Current.CancellationToken);
            string secret;
            await using (
                var first = await VaultServer.StartAsync(
                    new ServerSettings(database.ConnectionString)
                    {
                        EncryptionKey = "",
                        Variables = new Dictionary<string, string> { ["AXVAULT_ENCRYPTION_KEY_FILE"] = file },
                    }
                )
            )
            {
                secret = first.BootstrapSecret!;
                using var client = first.Client(secret);
                (await client.PutCredentialAsync("stored", """{"apiKey":"stored"}""")).Is(HttpStatusCode.Created);
            }

            await using var second = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString) { EncryptionKey = Old });
            using var again = second.Client(secret);
            Assert.Equal("""{"apiKey":"stored"}""", (await again.GetAsync("credentials/stored")).Raw("data"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_vault_without_its_salt_is_not_opened_with_a_new_one()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using (var first = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString)))
        {
            using var client = first.Client(first.BootstrapSecret);
            (await client.PutCredentialAsync("stored")).Is(HttpStatusCode.Created);
        }

        await DatabaseContents.ExecuteAsync(database.ConnectionString, "delete from axvault.vault");
        await using var server = await VaultServer.RunToEndAsync(new ServerSettings(database.ConnectionString));

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Single(server.Errors);
    }

    private static async Task<string> FingerprintAsync(TestDatabase database) =>
        await DatabaseContents.ScalarAsync<string>(
            database.ConnectionString,
            """
            select concat(
              (select string_agg(t::text, '|' order by t::text) from axvault.vault as t),
              (select string_agg(t::text, '|' order by t::text) from axvault.kek as t),
              (select string_agg(t::text, '|' order by t::text) from axvault.api_key as t),
              (select string_agg(t::text, '|' order by t::text) from axvault.credential as t),
              (select string_agg(t::text, '|' order by t::text) from axvault.credential_version as t))
            """
        );

    private static Task<string> KeyIdAsync(TestDatabase database, string name) =>
        DatabaseContents.ScalarAsync<string>(
            database.ConnectionString,
            $"select encode(v.kek_id, 'hex') from axvault.credential c join axvault.credential_version v on v.id = c.version_id where c.name = '{name}'"
        );
}
