using System.Security.Cryptography;
using System.Text;
using Axvault.Api.Audit.Reading;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Authorization;
using Axvault.Api.Chain;
using Axvault.Api.Database;
using Axvault.Api.Encryption;
using Axvault.Api.Stored;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Axvault.Tests.Audit;

/// <summary>The ledger of a vault with its own database, and the parts of servers that write it, in the test process.</summary>
internal sealed class AuditLab : IAsyncDisposable
{
    /// <summary>The encryption key of a server that <see cref="RotateAsync"/> starts.</summary>
    public const string NewKey = "the-new-encryption-key-of-the-tests-0123456789";

    // The least number that the schema allows. The default takes a third of a second for each server.
    private const int Iterations = 600_000;

    private readonly List<AuditServer> _servers = [];
    private readonly NpgsqlDataSource _dataSource;
    private readonly TestDatabase _database;

    private AuditLab(TestDatabase database)
    {
        _database = database;
        _dataSource = NpgsqlDataSource.Create(database.ConnectionString);
        Credentials = new CredentialStore(_dataSource, new StatementPreparation(NullLogger<StatementPreparation>.Instance));
        Entries = new AuditReadStore(_dataSource);
        History = new LedgerHistory(this, _dataSource);
    }

    /// <summary>The connection string of the database.</summary>
    public string ConnectionString => _database.ConnectionString;

    /// <summary>The store of the credentials.</summary>
    public CredentialStore Credentials { get; }

    /// <summary>The store that reads the entries.</summary>
    public AuditReadStore Entries { get; }

    /// <summary>Writes a past of the ledger.</summary>
    public LedgerHistory History { get; }

    /// <summary>The first server.</summary>
    public AuditServer Server => _servers[0];

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>
    /// Creates a vault with an empty ledger, and starts a server. When <paramref name="way"/> is given, it changes the server's connection string.
    /// </summary>
    public static async Task<AuditLab> StartAsync(VaultGraph graph, Func<string, string>? way = null)
    {
        var lab = new AuditLab(await graph.CreateDatabaseAsync());
        await new Migrator(lab._dataSource, NullLogger<Migrator>.Instance).MigrateAsync(CancellationToken);
        await lab.ExecuteAsync(
            "insert into axvault.vault (kdf, iterations, salt) values ($1, $2, $3)",
            KeyDerivation.Function,
            Iterations,
            RandomNumberGenerator.GetBytes(32)
        );
        await lab.StartServerAsync(way);
        return lab;
    }

    /// <summary>Starts one more server. The lab ends it.</summary>
    public async Task<AuditServer> StartServerAsync(
        Func<string, string>? way = null,
        string key = ServerSettings.DefaultKey,
        string? previous = null,
        int days = 0,
        TimeProvider? time = null
    )
    {
        var server = await AuditServer.StartAsync((way ?? Pool(10))(ConnectionString), key, previous, days, time);
        _servers.Add(server);
        return server;
    }

    /// <summary>Starts a server with a new key while the others count as dead, and retires the old key. Its first checkpoint opens a lane.</summary>
    public async Task<AuditServer> RotateAsync()
    {
        var rotated = await StartRotatedAsync();
        await rotated.RetireAsync();
        return rotated;
    }

    /// <summary>As <see cref="RotateAsync"/>, without the retirement.</summary>
    public async Task<AuditServer> StartRotatedAsync()
    {
        await ExecuteAsync("delete from axvault.server");
        return await StartServerAsync(key: NewKey, previous: ServerSettings.DefaultKey);
    }

    /// <summary>Returns a connection string whose pool has <paramref name="size"/> connections.</summary>
    public static Func<string, string> Pool(int size) =>
        connectionString => new NpgsqlConnectionStringBuilder(connectionString) { Pooling = true, MaxPoolSize = size }.ConnectionString;

    /// <summary>Returns an entry with <paramref name="reason"/> to recognize it by.</summary>
    public static AuditEntry Entry(string reason) =>
        new(AuditAction.CredentialRead, "success")
        {
            Reason = reason,
            KeyId = "k_0123456789ab",
            KeyName = "somebody",
            Target = "a.b",
            ClientAddress = "::1",
            UserAgent = "tests",
            RequestId = "1",
            TraceId = "2",
            Server = "lab",
        };

    /// <summary>Returns the audit entry of a put.</summary>
    public static AuditEntry Entry(CredentialPut put) => Entry("put") with { Action = AuditAction.CredentialPut, Target = put.Name.Value };

    /// <summary>Returns the name of a credential.</summary>
    public static CredentialName Name(string text) => CredentialName.TryParse(text, out var name) ? name : throw new ArgumentException(text);

    /// <summary>Returns a put of <paramref name="name"/>.</summary>
    public CredentialPut Put(string name, string data = """{"apiKey":"sk-1"}""", string? notes = null) => Server.Put(name, data, notes);

    /// <summary>Puts <paramref name="name"/> by the first server.</summary>
    public Task<PutVersion> PutAsync(string name) => Server.PutAsync(name);

    /// <summary>Returns the stored credential and its data; <see langword="null"/> when there is none.</summary>
    public async Task<(StoredCredential Stored, string Data)?> FindAsync(string name)
    {
        var found = await Credentials.FindAsync([name], CancellationToken);
        return found.TryGetValue(name, out var stored)
            ? (stored, Encoding.UTF8.GetString(Server.Vault.Decrypt(stored.Context, stored.Envelope)))
            : null;
    }

    /// <summary>Appends <paramref name="count"/> entries to a lane of their own, with the time <paramref name="at"/> or the present time.</summary>
    public async Task AppendAsync(int count, DateTimeOffset? at = null) => await History.AppendAsync(await History.OpenAsync(at), count, at);

    /// <summary>Writes a note as a server does, or an attacker.</summary>
    public Task NoteAsync(AuditNote note) =>
        ExecuteAsync(
            "insert into axvault.audit_note (id, entry, kek_id, seal) values ($1, $2, $3, $4)",
            note.Id,
            note.Entry.ToJson(),
            note.Kek.ToArray(),
            note.Seal
        );

    /// <summary>Verifies the ledger.</summary>
    public Task<AuditReport> VerifyAsync(params AuditAnchor[] anchors) => Server.VerifyAsync(anchors);

    /// <summary>Returns the number of rows of <paramref name="from"/>, a table with optional conditions.</summary>
    public Task<long> CountAsync(string from) => ScalarAsync<long>($"select count(*) from {from}");

    /// <summary>Returns the first value of the first row.</summary>
    public Task<T> ScalarAsync<T>(string sql) => DatabaseContents.ScalarAsync<T>(ConnectionString, sql);

    /// <summary>Executes a statement as an attacker with access to the database could.</summary>
    public Task<int> ExecuteAsync(string sql, params object[] values) => DatabaseContents.ExecuteAsync(ConnectionString, sql, values);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        await _dataSource.DisposeAsync();
        await _database.DisposeAsync();
    }
}
