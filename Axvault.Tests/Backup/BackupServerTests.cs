using System.Net;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Hosting.Keys;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;
using Npgsql;

namespace Axvault.Tests.Backup;

/// <summary>Backups of a vault with credentials of every kind, made and restored as docs/operations/backup.md says.</summary>
[Trait("Category", "Long")]
public sealed class BackupServerTests(BackedUpVault vault) : IClassFixture<BackedUpVault>
{
    private static readonly (string, string) NoRefresh = ("AXVAULT_REFRESH_THRESHOLD", "0");

    [Fact(Explicit = true)]
    public async Task A_restored_dump_serves_the_same_bytes_to_the_same_keys()
    {
        await using var restored = await RestoreAsync();
        await using var lab = await vault.ServeAsync(restored.ConnectionString, NoRefresh);

        await ServesAllAsync(lab);
    }

    [Fact(Explicit = true)]
    public async Task A_restored_audit_chain_verifies_from_its_start_and_continues()
    {
        await using var restored = await RestoreAsync();
        var entries = await DatabaseContents.ScalarAsync<long>(restored.ConnectionString, "select count(*) from axvault.audit_entry");
        Assert.True(entries > 15);

        Assert.Equal(0, (await VerifyAsync(restored, vault.Anchors.Before)).ExitCode);

        await using (var lab = await vault.ServeAsync(restored.ConnectionString, NoRefresh))
        {
            using var admin = lab.Servers[0].Client(vault.AdminSecret);
            Assert.True((await admin.GetAsync("audit/verify")).Is(HttpStatusCode.OK).Json.GetProperty("valid").GetBoolean());
        }

        Assert.Equal(0, (await VerifyAsync(restored, vault.Anchors.Before)).ExitCode);
        Assert.True(await DatabaseContents.ScalarAsync<long>(restored.ConnectionString, "select count(*) from axvault.audit_entry") > entries);
    }

    [Fact(Explicit = true)]
    public async Task An_anchor_from_after_the_backup_shows_that_entries_are_missing()
    {
        await using var restored = await RestoreAsync();

        var run = await VerifyAsync(restored, vault.Anchors.After);

        Assert.Equal(1, run.ExitCode);
        Assert.DoesNotContain("axvault: ", run.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await VerifyAsync(vault.Database, vault.Anchors.Before, vault.Anchors.After)).ExitCode);
    }

    [Fact(Explicit = true)]
    public async Task A_restored_vault_is_not_opened_changed_or_verified_without_its_key()
    {
        const string another = "another-encryption-key-0123456789abcdefgh";
        await using var restored = await RestoreAsync();
        var before = await ContentsAsync(restored);

        await using var server = await VaultServer.RunToEndAsync(new ServerSettings(restored.ConnectionString) { EncryptionKey = another });

        Assert.Equal(1, await server.WaitForExitAsync());
        Assert.Contains("AXVAULT_ENCRYPTION_KEY is not the key of this vault", Assert.Single(server.Errors), StringComparison.Ordinal);
        Assert.Equal(1, (await VerifyAsync(restored, another, [])).ExitCode);
        Assert.Equal(before, await ContentsAsync(restored));
    }

    [Fact(Explicit = true)]
    public async Task No_backup_holds_a_secret_in_any_disguise()
    {
        await vault.CreateOnceAsync();
        using var emissions = new Emissions();
        foreach (var file in Files())
        {
            emissions.Append(EmissionChannel.Backup, Path.GetFileName(file), await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        }

        Assert.True(vault.Secrets.All.Count >= 20, $"only {vault.Secrets.All.Count} secrets were used");
        Assert.Empty(LeakSearch.Find(vault.Secrets, emissions));

        // As a control, the same search finds a plaintext name in each kind of backup: the dump, the files and the log.
        var control = new UsedSecrets();
        control.Add("login.rotated-later", SecretKind.CredentialData);
        var found = LeakSearch.Find(control, emissions).Select(static leak => leak.Source).ToHashSet();
        Assert.Contains(Path.GetFileName(vault.PlainDump), found);
        Assert.Contains(found, static file => file.Length == 24);
        Assert.Contains(found, static file => file.All(char.IsAsciiDigit) && file.Length < 10);

        IEnumerable<string> Files() =>
            Directory
                .EnumerateFiles(vault.BaseBackup, "*", SearchOption.AllDirectories)
                .Concat(Directory.EnumerateFiles(vault.Archive))
                .Append(vault.Dump)
                .Append(vault.PlainDump);
    }

    [Fact(Explicit = true)]
    public async Task A_base_backup_and_archived_log_restore_the_moment_before_a_mishap()
    {
        await using var postgres = await RecoverAsync();
        var there = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Database = vault.Database.Name }.ConnectionString;
        await using var lab = await vault.ServeAsync(there, NoRefresh);

        await ServesAllAsync(lab);

        using var admin = lab.Servers[0].Client(vault.AdminSecret);
        Assert.True((await admin.GetAsync($"audit/verify?anchor={vault.Anchors.Before}")).Is(HttpStatusCode.OK).Json.GetProperty("valid").GetBoolean());
    }

    [Fact(Explicit = true)]
    public async Task An_old_backup_without_refresh_restores_old_keys_and_tokens_and_calls_no_provider()
    {
        await using var restored = await RestoreAsync();
        await using var lab = await vault.ServeAsync(restored.ConnectionString, NoRefresh);
        using var admin = lab.Servers[0].Client(vault.AdminSecret);
        using var deleted = lab.Servers[0].Client(vault.Deleted!.Secret);
        await lab.FallDueAsync(TimeSpan.FromMinutes(-1), BackedUpVault.Rotated);

        var old = (await deleted.GetAsync($"credentials/{BackedUpVault.Rotated}")).IsNotDue();

        Assert.NotEqual(vault.NewAccessToken, old.Token("access_token"));
        Assert.Empty(lab.Proxy.Requests);
        (await admin.DeleteAsync($"keys/{vault.Deleted.Id}")).Is(HttpStatusCode.NoContent);
        (await deleted.GetAsync("credentials")).IsUnauthorized();
    }

    [Fact(Explicit = true)]
    public async Task An_old_backup_cannot_refresh_a_rotated_token_until_a_put_replaces_it()
    {
        await using var restored = await RestoreAsync();
        await using var lab = await vault.ServeAsync(restored.ConnectionString);
        using var admin = lab.Servers[0].Client(vault.AdminSecret);
        await lab.FallDueAsync(TimeSpan.FromMinutes(5), BackedUpVault.Rotated);

        Assert.Equal("failed", (await admin.GetAsync($"credentials/{BackedUpVault.Rotated}")).IsRefreshFailed().Status());

        var login = await vault.Provider.IssueAsync("again");
        (
            await admin.PutAsync(
                $"credentials/{BackedUpVault.Rotated}",
                new
                {
                    type = "oauth-credentials",
                    provider = RefreshLab.ProviderName,
                    data = new
                    {
                        access_token = login.AccessToken,
                        refresh_token = login.RefreshToken,
                        expires_in = 3600,
                    },
                }
            )
        ).Is(HttpStatusCode.Created);
        await lab.FallDueAsync(TimeSpan.FromMinutes(5), BackedUpVault.Rotated);
        Assert.Equal("ok", (await admin.GetAsync($"credentials/{BackedUpVault.Rotated}")).IsRefreshed().Status());
    }

    private async Task ServesAllAsync(RefreshLab lab)
    {
        using var admin = lab.Servers[0].Client(vault.AdminSecret);
        foreach (var (name, answer) in vault.Answers)
        {
            Assert.Equal(answer, (await admin.GetAsync($"credentials/{name}")).IsNotDue().Text);
        }

        using var reader = lab.Servers[0].Client(vault.ReaderSecret);
        (await reader.GetAsync("credentials/login.ok")).Is(HttpStatusCode.OK);
        (await reader.GetAsync("credentials/token")).IsForbidden();
        (await admin.GetAsync($"credentials/{BackedUpVault.MadeLater}")).IsNotFound();
        (await admin.PutCredentialAsync("after-the-restore")).Is(HttpStatusCode.Created);
        Assert.Empty(lab.Proxy.Requests);
    }

    private async Task<TestDatabase> RestoreAsync()
    {
        await vault.CreateOnceAsync();
        var database = await vault.Postgres.CreateDatabaseAsync();
        await PackagedPostgres.RunAsync(
            "pg_restore",
            database.ConnectionString,
            [.. DocumentedCommand.Arguments("pg_restore"), $"--dbname={database.Name}", vault.Dump]
        );
        return database;
    }

    // Starts a new server on a copy of the files. It replays the log up to the restore point.
    private async Task<PostgresServer> RecoverAsync()
    {
        await vault.CreateOnceAsync();
        var cancelled = TestContext.Current.CancellationToken;
        var folder = new TestFolder();
        var cluster = new ClusterFolder(folder.Path);
        await ChildProcess.RunAsync("cp", ["--archive", vault.BaseBackup, cluster.Data], folder.Path, null, cancelled);
        PrivateFile.Write(Path.Combine(folder.Path, "password"), vault.Postgres.Folder.Password());
        await File.WriteAllTextAsync(Path.Combine(cluster.Data, "recovery.signal"), "", cancelled);
        await File.AppendAllLinesAsync(
            Path.Combine(cluster.Data, "postgresql.auto.conf"),
            [
                $"restore_command = 'cp {vault.Archive}/%f %p'",
                $"recovery_target_name = '{BackedUpVault.RestorePoint}'",
                "recovery_target_action = 'promote'",
                "archive_mode = off",
            ],
            cancelled
        );
        await UnprivilegedUser.OwnAsync(cluster.Data, cancelled);
        return await PostgresServer.StartAsync(folder, PackagedPostgres.Binaries, cancelled);
    }

    private static Task<ProgramRun> VerifyAsync(TestDatabase database, params string[] anchors) => VerifyAsync(database, ServerSettings.DefaultKey, anchors);

    private static Task<ProgramRun> VerifyAsync(TestDatabase database, string key, string[] anchors)
    {
        var start = VaultServer.StartInfo(["audit", "verify", .. anchors.SelectMany(static anchor => (string[])["--anchor", anchor])]);
        start.Environment["AXVAULT_DATABASE_URL"] = database.ConnectionString;
        start.Environment["AXVAULT_ENCRYPTION_KEY"] = key;
        return ProgramRun.ToEndAsync(start);
    }

    // Returns the whole vault except the times at which servers tried to start.
    private static Task<string> ContentsAsync(TestDatabase database) =>
        DatabaseContents.ScalarAsync<string>(
            database.ConnectionString,
            """
            select concat(
              (select string_agg(t::text, '|' order by t::text) from axvault.vault as t),
              (select string_agg(t::text, '|' order by t::text) from axvault.kek as t),
              (select string_agg(t::text, '|' order by t::text) from axvault.api_key as t),
              (select string_agg(t::text, '|' order by t::text) from axvault.credential as t),
              (select string_agg(t::text, '|' order by t::text) from axvault.credential_version as t),
              (select string_agg(t::text, '|' order by t::text) from axvault.audit_entry as t))
            """
        );
}
