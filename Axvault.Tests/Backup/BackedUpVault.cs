using System.Net;
using System.Text.RegularExpressions;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;

namespace Axvault.Tests.Backup;

/// <summary>
/// A vault that was backed up in every way of docs/operations/backup.md. Afterwards a token was rotated, a key deleted and a credential created, and
/// the server was stopped. The first call of <see cref="CreateOnceAsync"/> creates it.
/// </summary>
public sealed partial class BackedUpVault(VaultGraph graph) : IAsyncDisposable
{
    /// <summary>A credential whose token was rotated after the backup.</summary>
    public const string Rotated = "login.rotated-later";

    /// <summary>A credential that was created after the backup.</summary>
    public const string MadeLater = "made-later";

    /// <summary>The name of the restore point between the backup and the later changes.</summary>
    public const string RestorePoint = "before_the_mishap";

    private readonly TestFolder _folder = new();
    private PostgresServer? _postgres;
    private TestDatabase? _database;
    private RefreshLab? _lab;
    private Task? _creation;

    /// <summary>The dump in the format that <c>pg_restore</c> reads.</summary>
    public string Dump => Path.Combine(_folder.Path, "axvault.dump");

    /// <summary>The dump as SQL text.</summary>
    public string PlainDump => Path.Combine(_folder.Path, "axvault.sql");

    /// <summary>The files of the whole server, as <c>pg_basebackup</c> copied them.</summary>
    public string BaseBackup => Path.Combine(_folder.Path, "base");

    /// <summary>The write-ahead log that the PostgreSQL server archived since then.</summary>
    public string Archive => Path.Combine(_folder.Path, "archive");

    /// <summary>The PostgreSQL server that was backed up.</summary>
    public PostgresServer Postgres => _postgres!;

    /// <summary>The vault's database on <see cref="Postgres"/>.</summary>
    public TestDatabase Database => _database!;

    /// <summary>The OAuth provider that issued the tokens.</summary>
    public ProviderClient Provider => _lab!.Provider;

    /// <summary>The secret of the bootstrap key.</summary>
    public string AdminSecret { get; private set; } = "";

    /// <summary>The secret of a key that reads <c>login.*</c> and nothing else.</summary>
    public string ReaderSecret { get; private set; } = "";

    /// <summary>A key that was deleted after the backup.</summary>
    public CreatedKey? Deleted { get; private set; }

    /// <summary>The response for every credential before the backup: metadata, refresh state, and data byte for byte.</summary>
    public IReadOnlyDictionary<string, string> Answers { get; private set; } = new Dictionary<string, string>();

    /// <summary>An anchor from before the backup, and the newest anchor.</summary>
    public (string Before, string After) Anchors { get; private set; }

    /// <summary>The access token of <see cref="Rotated"/> that was issued after the backup.</summary>
    public string NewAccessToken { get; private set; } = "";

    /// <summary>Every secret that the vault has held.</summary>
    internal UsedSecrets Secrets { get; } = new();

    /// <summary>Creates the vault and its backups at the first call.</summary>
    public Task CreateOnceAsync() => _creation ??= CreateAsync();

    /// <summary>Starts a server on a restored database.</summary>
    public Task<RefreshLab> ServeAsync(string connectionString, params (string Name, string Value)[] variables) =>
        RefreshLab.StartOnAsync(connectionString, graph, 1, variables);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var part in new IAsyncDisposable?[] { _lab, _database, _postgres })
        {
            if (part is not null)
            {
                await part.DisposeAsync();
            }
        }

        _folder.Dispose();
    }

    private async Task CreateAsync()
    {
        _postgres = await PostgresServer.StartAsync(new TestFolder(), PackagedPostgres.Binaries, TestContext.Current.CancellationToken);
        await ArchiveAsync();
        _database = await Postgres.CreateDatabaseAsync();
        _lab = await RefreshLab.StartOnAsync(Database.ConnectionString, graph, 1);
        AdminSecret = _lab.Servers[0].BootstrapSecret!;
        using var admin = _lab.Admin();
        await LoadAsync(admin);
        await Until.HoldsAsync(() => Task.FromResult(Anchor() is not null), "an anchor is in the log");
        var before = Anchor()!;

        await BackUpAsync();
        await LiveOnAsync(admin);

        Assert.Equal(0, await _lab.Servers[0].StopAsync());
        Anchors = (before, Anchor()!);
        Assert.NotEqual(Anchors.Before, Anchors.After);
        var last = await DatabaseContents.ScalarAsync<string>(Postgres.ConnectionString, "select pg_walfile_name(pg_switch_wal())");
        await Until.HoldsAsync(() => Task.FromResult(File.Exists(Path.Combine(Archive, last))), "the log is archived");
    }

    private async Task ArchiveAsync()
    {
        var cancelled = TestContext.Current.CancellationToken;
        Directory.CreateDirectory(Archive);
        await UnprivilegedUser.OwnAsync(Archive, cancelled);
        await DatabaseContents.ExecuteAsync(Postgres.ConnectionString, "alter system set archive_mode = on");
        await DatabaseContents.ExecuteAsync(Postgres.ConnectionString, $"alter system set archive_command = 'cp %p {Archive}/%f'");
        await Postgres.StopAsync(cancelled);
        await Postgres.StartAsync(cancelled);
    }

    // Puts credentials of every type and every refresh state, and one that is larger than a database page.
    private async Task LoadAsync(VaultClient admin)
    {
        ReaderSecret = (await admin.CreateKeyAsync(["login.*"])).Secret;
        Deleted = await admin.CreateKeyAsync(["*"]);
        await PutAsync(admin, "api-key", "api-key", """{"apiKey": "sk-of-the-backup-1f0e", "unknown" : [1.0, null, "\u00e9"]}""");
        await PutAsync(admin, "token", "oauth-token", """{"accessToken":"sk-ant-oat-of-the-backup-77"}""");
        await PutAsync(admin, "large", "api-key", $$"""{"apiKey":"{{string.Concat(Enumerable.Repeat("large-secret-of-the-backup.", 4000))}}"}""");
        await PutDueAsync("login.ok");
        Keep((await admin.GetAsync("credentials/login.ok")).IsRefreshed());
        await Provider.RefreshAsync((await PutDueAsync("login.failed")).RefreshToken);
        var (busy, cut) = (await PutDueAsync("login.retrying"), await PutDueAsync("login.unknown"));
        _lab!.Proxy.Decide(request =>
            request.RefreshToken == busy.RefreshToken ? Fault.TooManyRequests(TimeSpan.FromHours(1))
            : request.RefreshToken == cut.RefreshToken ? Fault.CutAfter
            : null
        );
        foreach (var name in (string[])["failed", "retrying", "unknown"])
        {
            Assert.Equal(name, (await admin.GetAsync($"credentials/login.{name}")).IsRefreshFailed().Status());
        }

        Keep(await _lab.PutAsync(Rotated));
        var names = (await admin.GetAsync("credentials"))
            .Json.GetProperty("credentials")
            .EnumerateArray()
            .Select(static credential => credential.GetProperty("name").GetString()!)
            .ToList();
        var answers = new Dictionary<string, string>();
        foreach (var name in names)
        {
            answers.Add(name, (await admin.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK).Text);
        }

        Answers = answers;
        foreach (var secret in (string[])[AdminSecret, ReaderSecret, Deleted.Secret, ServerSettings.DefaultKey])
        {
            Secrets.Add(secret, SecretKind.Setting);
        }

        Secrets.AddPasswordOf(Postgres.ConnectionString);
    }

    private async Task BackUpAsync()
    {
        foreach (var (format, file) in ((string, string)[])[("custom", Dump), ("plain", PlainDump)])
        {
            await PackagedPostgres.RunAsync(
                "pg_dump",
                Database.ConnectionString,
                [.. DocumentedCommand.Arguments("pg_dump"), $"--format={format}", $"--file={file}"]
            );
        }

        await PackagedPostgres.RunAsync(
            "pg_basebackup",
            Postgres.ConnectionString,
            [.. DocumentedCommand.Arguments("pg_basebackup"), $"--pgdata={BaseBackup}"]
        );
        await DatabaseContents.ScalarAsync<string>(Postgres.ConnectionString, $"select pg_create_restore_point('{RestorePoint}')::text");
    }

    private async Task LiveOnAsync(VaultClient admin)
    {
        await _lab!.FallDueAsync(TimeSpan.FromMinutes(5), Rotated);
        var refreshed = (await admin.GetAsync($"credentials/{Rotated}")).IsRefreshed();
        NewAccessToken = refreshed.Token("access_token");
        Keep(refreshed);
        await PutAsync(admin, MadeLater, "api-key", """{"apiKey":"sk-made-after-the-backup"}""");
        (await admin.DeleteAsync($"keys/{Deleted!.Id}")).Is(HttpStatusCode.NoContent);
    }

    private async Task PutAsync(VaultClient admin, string name, string type, string data)
    {
        Secrets.AddDataOf(data);
        (await admin.PutAsync($"credentials/{name}", $$"""{"type":"{{type}}","agent":"claude","notes":"a note in plain","data":{{data}}}""")).Is(
            HttpStatusCode.Created
        );
    }

    private async Task<IssuedTokens> PutDueAsync(string name)
    {
        var issued = await _lab!.PutDueAsync(name);
        Keep(issued);
        return issued;
    }

    private void Keep(IssuedTokens issued) => Keep(issued.AccessToken, issued.RefreshToken);

    private void Keep(Answer answer) => Keep(answer.Token("access_token"), answer.Token("refresh_token"));

    private void Keep(params string[] tokens) => Array.ForEach(tokens, token => Secrets.Add(token, SecretKind.ProviderToken));

    // Returns the newest anchor in the log of the server.
    private string? Anchor() => _lab!.Servers[0].Output.Select(static line => AnchorText().Match(line)).LastOrDefault(static match => match.Success)?.Value;

    [GeneratedRegex(@"axa2\.[0-9A-Za-z._-]+")]
    private static partial Regex AnchorText();
}
