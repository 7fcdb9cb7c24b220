using System.Diagnostics.Metrics;
using System.Text;
using Axvault.Api.Audit;
using Axvault.Api.Audit.Chain;
using Axvault.Api.Audit.Reading;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Authorization;
using Axvault.Api.Configuration;
using Axvault.Api.Credentials;
using Axvault.Api.Encryption;
using Axvault.Api.Migrations;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Axvault.Tests.Audit;

/// <summary>The audit chain of a vault on a database of its own, in this process: the server's own parts, without the server.</summary>
internal sealed class AuditLab : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly NpgsqlDataSource _dataSource;
    private readonly TestDatabase _database;
    private readonly Vault _vault;
    private readonly AxvaultOptions _options;

    private AuditLab(TestDatabase database, AxvaultOptions options, int? poolSize, Func<string, string>? way)
    {
        _database = database;
        _options = options;
        _dataSource = NpgsqlDataSource.Create(poolSize is { } size ? $"{database.ConnectionString};Pooling=true;Maximum Pool Size={size}" : way?.Invoke(database.ConnectionString) ?? database.ConnectionString);
        _vault = new Vault(new VaultStore(_dataSource), options);
        Store = new AuditHeadStore(_dataSource);
        Notes = new AuditNoteStore(_dataSource);
        Months = new AuditMonthStore(_dataSource);
        Entries = new AuditReadStore(_dataSource);
        Credentials = new CredentialStore(_dataSource);
        Vault = new AuditVault(_vault, new AuditKeyStore(_dataSource));
    }

    /// <summary>The database.</summary>
    public string ConnectionString => _database.ConnectionString;

    /// <summary>The head of its chain.</summary>
    public AuditHeadStore Store { get; }

    /// <summary>Its notes.</summary>
    public AuditNoteStore Notes { get; }

    /// <summary>Its months.</summary>
    public AuditMonthStore Months { get; }

    /// <summary>Its entries.</summary>
    public AuditReadStore Entries { get; }

    /// <summary>Its credentials.</summary>
    public CredentialStore Credentials { get; }

    /// <summary>The keys.</summary>
    public AuditVault Vault { get; }

    /// <summary>A connection of its pool, when one can be had soon.</summary>
    public async Task<NpgsqlConnection> OpenAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(1));
        return await _dataSource.OpenConnectionAsync(limit.Token);
    }

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>Makes a vault, with an empty chain; its servers reach the database by the <paramref name="way"/>.</summary>
    public static async Task<AuditLab> StartAsync(VaultGraph graph, int? poolSize = null, Func<string, string>? way = null)
    {
        var database = await graph.CreateDatabaseAsync();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["AXVAULT_DATABASE_URL"] = database.ConnectionString,
            ["AXVAULT_ENCRYPTION_KEY"] = ServerSettings.DefaultKey,
        }).Build();
        Assert.True(AxvaultOptionsReader.TryRead(configuration, out var options, out _));
        var lab = new AuditLab(database, options, poolSize, way);
        await new Migrator(lab._dataSource, NullLogger<Migrator>.Instance).MigrateAsync(CancellationToken);
        await lab._vault.OpenAsync(CancellationToken);
        await lab.Vault.OpenAsync(CancellationToken);
        return lab;
    }

    /// <summary>Appends as a server has them, without a writer.</summary>
    public AuditAppendStore OpenAppends() => new(_dataSource, _vault, _options, NullLogger<AuditAppendStore>.Instance);

    /// <summary>A writer as a server has one; several of them are several servers.</summary>
    public async Task<AuditWriter> StartWriterAsync(TimeProvider? time = null)
    {
        var state = new AuditState(TimeProvider.System);
        var telemetry = new AuditTelemetry(_services.GetRequiredService<IMeterFactory>(), state);
        var (source, clock, queue) = (new AuditSource(new HttpContextAccessor(), Vault), new AuditClock(TimeProvider.System), new AuditQueue(telemetry));
        var appender = new AuditAppender(Store, OpenAppends(), Credentials, source, Vault, clock, queue, telemetry, TimeProvider.System, NullLogger<AuditAppender>.Instance);
        var writer = new AuditWriter(queue, appender, Notes, Months, source, clock, state, telemetry, time ?? TimeProvider.System, NullLogger<AuditWriter>.Instance);
        await writer.StartAsync(CancellationToken);
        return writer;
    }

    /// <summary>An entry that names itself.</summary>
    public static AuditEntry Entry(string reason) => new(AuditAction.CredentialRead, "success") { Reason = reason, KeyId = "k_0123456789ab", KeyName = "somebody", Target = "a.b", ClientAddress = "::1", UserAgent = "tests", RequestId = "1", TraceId = "2", Server = "lab" };

    /// <summary>A put of <paramref name="name"/> in place of what is in a row; into a new one when none is given.</summary>
    public CredentialPut Put(string name, Guid? rowId = null, string data = """{"apiKey":"sk-1"}""", string? notes = null)
    {
        Assert.True(CredentialName.TryParse(name, out var credential));
        var row = Guid.CreateVersion7();
        return new CredentialPut(
            row, rowId is { } replaced ? new CredentialRow(replaced, _vault.Keys.Current.Id) : null, credential, new CredentialAttributes(CredentialType.ApiKey, null, null, null, null, notes), _vault.Encrypt(new EnvelopeContext(row, credential), Encoding.UTF8.GetBytes(data)), null);
    }

    /// <summary>The entry of a put.</summary>
    public static AuditEntry Entry(CredentialPut put) => Entry("put") with { Action = AuditAction.CredentialPut, Target = put.Name.Value };

    /// <summary>What is stored of a credential: version, times, and data.</summary>
    public async Task<(long Version, PutTimes Times, string Data)> ReadAsync(string name)
    {
        Assert.True(CredentialName.TryParse(name, out var credential));
        var stored = (await Credentials.FindAsync([credential.Value], CancellationToken))[credential.Value];
        return (stored.Version, new PutTimes(stored.Metadata.CreatedAt, stored.Metadata.UpdatedAt, stored.Version), Encoding.UTF8.GetString(_vault.Decrypt(new EnvelopeContext(stored.RowId, credential), stored.Envelope)));
    }

    /// <summary>Appends <paramref name="count"/> entries as a server would have at <paramref name="at"/>.</summary>
    public async Task AppendAsync(int count, DateTimeOffset? at = null)
    {
        var (head, clock) = await Store.ReadHeadAsync(Vault.Genesis, CancellationToken);
        if (at is { } time)
        {
            await Months.MakeMonthsAsync(time, CancellationToken);
        }

        var entries = AuditChain.Link(head, Enumerable.Range(1, count).Select(static number => Entry($"entry {number}")), Vault.Keys.Current, Vault.Keys.CurrentId, at ?? clock);
        await using var appends = OpenAppends();
        Assert.True((await appends.AppendAsync(head, entries, [], [], [], CancellationToken)).Appended);
    }

    /// <summary>Makes the chain begin at <paramref name="time"/>, long ago: before it has any entry.</summary>
    public async Task BeginAtAsync(DateTimeOffset time)
    {
        await Store.ReadHeadAsync(Vault.Genesis, CancellationToken);
        await ExecuteAsync("update axvault.audit_head set at = $1 where seq = 0", time);
    }

    /// <summary>Verifies the chain.</summary>
    public Task<AuditReport> VerifyAsync(params AuditAnchor[] anchors) => new AuditVerifier(Entries, Vault).VerifyAsync(anchors, CancellationToken);

    /// <summary>The head, sealed.</summary>
    public async Task<AuditAnchor> AnchorAsync() => AuditAnchor.Of((await Entries.FindHeadAsync(CancellationToken))!, Vault.Keys);

    /// <summary>Does what somebody with the database could.</summary>
    public Task<int> ExecuteAsync(string sql, params object[] values) => DatabaseContents.ExecuteAsync(ConnectionString, sql, values);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _dataSource.DisposeAsync();
        await _services.DisposeAsync();
        await _database.DisposeAsync();
    }
}
