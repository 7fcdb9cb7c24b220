using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Axvault.Api.Authorization;
using Axvault.Api.Encryption;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Tests.Rotation;

/// <summary>Servers with different encryption keys on one database, and queries for the key of each row.</summary>
internal sealed class RotationLab : IAsyncDisposable
{
    public const string Old = "the-old-encryption-key-of-the-rotation-01";
    public const string New = "the-new-encryption-key-of-the-rotation-02";
    public const string Third = "the-third-encryption-key-of-rotation-0003";

    private readonly TestDatabase? _database;
    private readonly List<VaultServer> _servers = [];
    private string? _secret;

    private RotationLab(TestDatabase? database, string connectionString) => (_database, ConnectionString) = (database, connectionString);

    public string ConnectionString { get; }

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>Creates a lab on a database of its own, without a server.</summary>
    public static async Task<RotationLab> CreateAsync(VaultGraph graph)
    {
        var database = await graph.CreateDatabaseAsync();
        return new RotationLab(database, database.ConnectionString);
    }

    /// <summary>Returns a lab on a database that the caller owns.</summary>
    public static RotationLab On(string connectionString) => new(null, connectionString);

    /// <summary>Starts a server that encrypts with <paramref name="key"/> and can also decrypt with <paramref name="previous"/>.</summary>
    public Task<VaultServer> StartAsync(string key, params string[] previous) => StartWithAsync([], key, previous);

    /// <summary>Starts a server with further settings.</summary>
    public async Task<VaultServer> StartWithAsync((string Name, string Value)[] variables, string key, params string[] previous)
    {
        var server = await VaultServer.StartAsync(Settings(variables, key, previous));
        _servers.Add(server);
        _secret ??= server.BootstrapSecret;
        return server;
    }

    /// <summary>Starts a server that is expected to refuse the start, and returns its error line.</summary>
    public async Task<string> RefusedAsync(string key, params string[] previous)
    {
        await using var server = await VaultServer.RunToEndAsync(Settings([], key, previous));
        Assert.Equal(1, await server.WaitForExitAsync());
        return Assert.Single(server.Errors);
    }

    /// <summary>Returns a client of <paramref name="server"/> with the first key.</summary>
    public VaultClient Admin(VaultServer server) => server.Client(_secret);

    /// <summary>Runs <c>axvault rotate-status</c>.</summary>
    public Task<ProgramRun> StatusAsync(string key, params string[] previous)
    {
        var start = VaultServer.StartInfo(["rotate-status"]);
        start.Environment["AXVAULT_DATABASE_URL"] = ConnectionString;
        start.Environment["AXVAULT_ENCRYPTION_KEY"] = key;
        start.Environment["AXVAULT_ENCRYPTION_KEY_PREVIOUS"] = string.Join(',', previous);
        return ProgramRun.ToEndAsync(start);
    }

    /// <summary>Returns the id of <paramref name="key"/> in this vault.</summary>
    public async Task<string> IdAsync(string key) => (await OpenAsync(key)).Keys.Configured.Id.ToString();

    /// <summary>Returns the number of credentials under each key, by the id of the key.</summary>
    public async Task<Dictionary<string, long>> CountAsync()
    {
        await using var connection = await DatabaseContents.OpenAsync(ConnectionString);
        await using var command = new NpgsqlCommand(
            "select encode(v.kek_id, 'hex'), count(*) from axvault.credential c join axvault.credential_version v on v.id = c.version_id group by 1",
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(CancellationToken);
        var counts = new Dictionary<string, long>();
        while (await reader.ReadAsync(CancellationToken))
        {
            counts.Add(reader.GetString(0), reader.GetInt64(1));
        }

        return counts;
    }

    /// <summary>Returns the number of rows that the rotation has moved.</summary>
    public Task<long> MovedAsync() => DatabaseContents.ScalarAsync<long>(ConnectionString, "select reencrypted from axvault.rotation");

    /// <summary>Waits until a rotation to <paramref name="key"/> is finished.</summary>
    public async Task UntilMovedAsync(string key)
    {
        var id = await IdAsync(key);
        await Until.HoldsAsync(
            () =>
                DatabaseContents.ScalarAsync<bool>(
                    ConnectionString,
                    $"select coalesce(encode(kek_id, 'hex') = '{id}' and finished_at is not null, false) from axvault.rotation"
                ),
            "the rotation is done"
        );
    }

    /// <summary>Returns the audit entries of rotations, the oldest first.</summary>
    public async Task<List<JsonElement>> AuditAsync(VaultServer server)
    {
        using var admin = Admin(server);
        var entries = new List<JsonElement>();
        foreach (var action in (string[])["rotation.start", "rotation.end"])
        {
            entries.AddRange((await admin.GetAsync($"audit?action={action}")).Is(HttpStatusCode.OK).Json.GetProperty("entries").EnumerateArray());
        }

        return [.. entries.OrderBy(static entry => entry.GetProperty("at").GetDateTimeOffset())];
    }

    /// <summary>Inserts <paramref name="count"/> credentials under <paramref name="key"/> directly, which is faster than through a server.</summary>
    public Task SeedAsync(string key, int count, int bytes = 200) => InsertAsync(key, Enumerable.Range(0, count).Select(i => (Seeded(i), Data(i, bytes))));

    /// <summary>Inserts a credential under <paramref name="key"/>, as a delayed server could.</summary>
    public Task InsertAsync(string key, string name, string data) => InsertAsync(key, [(name, data)]);

    /// <summary>Decrypts every seeded credential with <paramref name="key"/> alone, and asserts its data.</summary>
    public async Task VerifySeededAsync(string key, int count, int bytes = 200)
    {
        var vault = await OpenAsync(key);
        await using var connection = await DatabaseContents.OpenAsync(ConnectionString);
        await using var command = new NpgsqlCommand(
            "select v.id, v.name, v.envelope from axvault.credential c join axvault.credential_version v on v.id = c.version_id where c.name like 'seeded.%'",
            connection
        );
        await using var reader = await command.ExecuteReaderAsync(CancellationToken);
        var found = new Dictionary<string, string>();
        while (await reader.ReadAsync(CancellationToken))
        {
            var name = CredentialName.FromStored(reader.GetString(1));
            found.Add(name.Value, Encoding.UTF8.GetString(vault.Decrypt(ContextOf(reader.GetGuid(0), name), reader.GetFieldValue<byte[]>(2))));
        }

        Assert.Equal(count, found.Count);
        Assert.All(Enumerable.Range(0, count), i => Assert.Equal(Data(i, bytes), found[Seeded(i)]));
    }

    /// <summary>Returns the name of a seeded credential.</summary>
    public static string Seeded(int number) => string.Create(CultureInfo.InvariantCulture, $"seeded.{number}");

    /// <summary>Returns the data of a seeded credential.</summary>
    public static string Data(int number, int bytes = 200) => $$"""{ "apiKey" : "sk-{{number}}-{{new string('x', bytes)}}" }""";

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    private async Task InsertAsync(string key, IEnumerable<(string Name, string Data)> credentials)
    {
        var vault = await OpenAsync(key);
        await using var connection = await DatabaseContents.OpenAsync(ConnectionString);
        var now = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var ids = new List<Guid>();
        await using var copy = await connection.BeginBinaryImportAsync(
            "copy axvault.credential_version (id, name, type, envelope, created_at, updated_at, current_since) from stdin (format binary)",
            CancellationToken
        );
        foreach (var (text, data) in credentials)
        {
            var (id, name) = (Guid.CreateVersion7(), CredentialName.FromStored(text));
            ids.Add(id);
            await copy.StartRowAsync(CancellationToken);
            await copy.WriteAsync(id, NpgsqlDbType.Uuid, CancellationToken);
            await copy.WriteAsync(name.Value, NpgsqlDbType.Text, CancellationToken);
            await copy.WriteAsync("api-key", NpgsqlDbType.Text, CancellationToken);
            await copy.WriteAsync(vault.Encrypt(ContextOf(id, name), Encoding.UTF8.GetBytes(data)), NpgsqlDbType.Bytea, CancellationToken);
            await copy.WriteAsync(now, NpgsqlDbType.TimestampTz, CancellationToken);
            await copy.WriteAsync(now, NpgsqlDbType.TimestampTz, CancellationToken);
            await copy.WriteAsync(now, NpgsqlDbType.TimestampTz, CancellationToken);
        }

        await copy.CompleteAsync(CancellationToken);
        await copy.CloseAsync(CancellationToken);
        await DatabaseContents.ExecuteAsync(
            ConnectionString,
            "insert into axvault.credential (name, version_id) select name, id from axvault.credential_version where id = any ($1)",
            ids.ToArray()
        );
    }

    private ServerSettings Settings((string Name, string Value)[] variables, string key, string[] previous) =>
        new(ConnectionString)
        {
            EncryptionKey = key,
            PreviousEncryptionKeys = string.Join(',', previous),
            Variables = variables.ToDictionary(static variable => variable.Name, static variable => variable.Value),
        };

    private static EnvelopeContext ContextOf(Guid id, CredentialName name) => new(id, name) { Subject = new EnvelopeSubject("api-key", null, null, null, 1) };

    private Task<Vault> OpenAsync(string key) => VaultInsider.OpenAsync(ConnectionString, key);
}
