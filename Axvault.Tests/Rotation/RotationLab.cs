using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Axvault.Api.Authorization;
using Axvault.Api.Configuration;
using Axvault.Api.Encryption;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;
using Microsoft.Extensions.Configuration;
using Npgsql;
using NpgsqlTypes;

namespace Axvault.Tests.Rotation;

/// <summary>Servers with different encryption keys on one database, and a look at what is under which.</summary>
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

    /// <summary>A vault on a database of its own, without a server.</summary>
    public static async Task<RotationLab> CreateAsync(VaultGraph graph)
    {
        var database = await graph.CreateDatabaseAsync();
        return new RotationLab(database, database.ConnectionString);
    }

    /// <summary>A vault that is reached by <paramref name="connectionString"/>, on a database that is somebody else's.</summary>
    public static RotationLab On(string connectionString) => new(null, connectionString);

    /// <summary>Starts a server that encrypts with <paramref name="key"/>, and has <paramref name="previous"/> besides.</summary>
    public Task<VaultServer> StartAsync(string key, params string[] previous) => StartWithAsync([], key, previous);

    /// <summary>Starts a server with further settings.</summary>
    public async Task<VaultServer> StartWithAsync((string Name, string Value)[] variables, string key, params string[] previous)
    {
        var server = await VaultServer.StartAsync(Settings(variables, key, previous));
        _servers.Add(server);
        _secret ??= server.BootstrapSecret;
        return server;
    }

    /// <summary>Starts a server that is expected not to serve, and returns the line that says why.</summary>
    public async Task<string> RefusedAsync(string key, params string[] previous)
    {
        await using var server = await VaultServer.RunToEndAsync(Settings([], key, previous));
        Assert.Equal(1, await server.WaitForExitAsync());
        return Assert.Single(server.Errors);
    }

    /// <summary>A client of <paramref name="server"/> with the first key.</summary>
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

    /// <summary>The id of <paramref name="key"/> in this vault.</summary>
    public async Task<string> IdAsync(string key) => (await OpenAsync(key)).Keys.Configured.Id.ToString();

    /// <summary>How many credentials are under each key, by its id.</summary>
    public async Task<Dictionary<string, long>> CountAsync()
    {
        await using var connection = await DatabaseContents.OpenAsync(ConnectionString);
        await using var command = new NpgsqlCommand("select encode(key_id, 'hex'), count(*) from axvault.credential group by 1", connection);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken);
        var counts = new Dictionary<string, long>();
        while (await reader.ReadAsync(CancellationToken))
        {
            counts.Add(reader.GetString(0), reader.GetInt64(1));
        }

        return counts;
    }

    /// <summary>How many rows the rotation has moved.</summary>
    public Task<long> MovedAsync() => DatabaseContents.ScalarAsync<long>(ConnectionString, "select reencrypted from axvault.key_rotation");

    /// <summary>Returns when a rotation to <paramref name="key"/> is done.</summary>
    public async Task UntilMovedAsync(string key)
    {
        var id = await IdAsync(key);
        await Until.HoldsAsync(
            () => DatabaseContents.ScalarAsync<bool>(ConnectionString, $"select coalesce(encode(key_id, 'hex') = '{id}' and finished_at is not null, false) from axvault.key_rotation"),
            "the rotation is done");
    }

    /// <summary>What the audit log says of rotations, the oldest first.</summary>
    public async Task<List<JsonElement>> AuditAsync(VaultServer server)
    {
        using var admin = Admin(server);
        var entries = new List<JsonElement>();
        foreach (var action in (string[])["rotation.start", "rotation.end"])
        {
            entries.AddRange((await admin.GetAsync($"audit?action={action}")).Is(HttpStatusCode.OK).Json.GetProperty("entries").EnumerateArray());
        }

        return [.. entries.OrderBy(static entry => entry.GetProperty("sequence").GetInt64())];
    }

    /// <summary>Puts <paramref name="count"/> credentials under <paramref name="key"/>, as a server would have, faster.</summary>
    public Task SeedAsync(string key, int count, int bytes = 200) => InsertAsync(key, Enumerable.Range(0, count).Select(i => (Seeded(i), Data(i, bytes))));

    /// <summary>Puts a credential under <paramref name="key"/>, as a server would have that was held up.</summary>
    public Task InsertAsync(string key, string name, string data) => InsertAsync(key, [(name, data)]);

    /// <summary>Opens every seeded credential with <paramref name="key"/> alone, and expects what was put.</summary>
    public async Task VerifySeededAsync(string key, int count, int bytes = 200)
    {
        var vault = await OpenAsync(key);
        await using var connection = await DatabaseContents.OpenAsync(ConnectionString);
        await using var command = new NpgsqlCommand("select id, name, envelope from axvault.credential where name like 'seeded.%'", connection);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken);
        var found = new Dictionary<string, string>();
        while (await reader.ReadAsync(CancellationToken))
        {
            var name = CredentialName.FromStored(reader.GetString(1));
            found.Add(name.Value, Encoding.UTF8.GetString(vault.Decrypt(new EnvelopeContext(reader.GetGuid(0), name), reader.GetFieldValue<byte[]>(2))));
        }

        Assert.Equal(count, found.Count);
        Assert.All(Enumerable.Range(0, count), i => Assert.Equal(Data(i, bytes), found[Seeded(i)]));
    }

    /// <summary>The name of a seeded credential.</summary>
    public static string Seeded(int number) => string.Create(CultureInfo.InvariantCulture, $"seeded.{number}");

    /// <summary>The data of a seeded credential.</summary>
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
        await using var copy = await connection.BeginBinaryImportAsync("copy axvault.credential (id, name, type, envelope, version, created_at, updated_at, token_of) from stdin (format binary)", CancellationToken);
        var now = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        foreach (var (text, data) in credentials)
        {
            var (id, name) = (Guid.CreateVersion7(), CredentialName.FromStored(text));
            await copy.StartRowAsync(CancellationToken);
            await copy.WriteAsync(id, NpgsqlDbType.Uuid, CancellationToken);
            await copy.WriteAsync(name.Value, NpgsqlDbType.Text, CancellationToken);
            await copy.WriteAsync("api-key", NpgsqlDbType.Text, CancellationToken);
            await copy.WriteAsync(vault.Encrypt(new EnvelopeContext(id, name), Encoding.UTF8.GetBytes(data)), NpgsqlDbType.Bytea, CancellationToken);
            await copy.WriteAsync(1L, NpgsqlDbType.Bigint, CancellationToken);
            await copy.WriteAsync(now, NpgsqlDbType.TimestampTz, CancellationToken);
            await copy.WriteAsync(now, NpgsqlDbType.TimestampTz, CancellationToken);
            await copy.WriteAsync(1L, NpgsqlDbType.Bigint, CancellationToken);
        }

        await copy.CompleteAsync(CancellationToken);
    }

    private ServerSettings Settings((string Name, string Value)[] variables, string key, string[] previous) => new(ConnectionString)
    {
        EncryptionKey = key,
        PreviousEncryptionKeys = string.Join(',', previous),
        Variables = variables.ToDictionary(static variable => variable.Name, static variable => variable.Value),
    };

    private async Task<Vault> OpenAsync(string key)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("AXVAULT_DATABASE_URL", ConnectionString), new("AXVAULT_ENCRYPTION_KEY", key)]).Build();
        Assert.True(AxvaultOptionsReader.TryRead(configuration, out var options, out _));
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        var derivation = await new VaultStore(database).FindDerivationAsync(CancellationToken);
        var vault = new Vault(new VaultStore(database), options);
        vault.Open(derivation!);
        return vault;
    }
}
