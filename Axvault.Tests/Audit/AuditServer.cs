using System.Text;
using Axvault.Api.Audit;
using Axvault.Api.Audit.Verification;
using Axvault.Api.Chain;
using Axvault.Api.Credentials.Versions;
using Axvault.Api.Encryption;
using Axvault.Api.Lifetime;
using Axvault.Api.Startup;
using Axvault.Api.Stored;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Axvault.Tests.Audit;

/// <summary>The parts of a server that write the ledger, in the test process. Several of them stand for several servers.</summary>
internal sealed class AuditServer : IAsyncDisposable
{
    private const int Keep = 10;

    private readonly ServiceProvider _services;
    private readonly NpgsqlDataSource _database;
    private bool _isEnded;

    private AuditServer(ServiceProvider services, NpgsqlDataSource database) => (_services, _database) = (services, database);

    /// <summary>The keys of the vault.</summary>
    public Vault Vault => Get<Vault>();

    /// <summary>The keys of the ledger.</summary>
    public ChainKeyRing Keys => Get<ChainKeyRing>();

    /// <summary>Makes changes, each with its entries.</summary>
    public Ledger Ledger => Get<Ledger>();

    /// <summary>Makes changes of one statement.</summary>
    public ChangeGroups Groups => Get<ChangeGroups>();

    /// <summary>Writes the entries of reads.</summary>
    public AuditWriter Writer => Get<AuditWriter>();

    /// <summary>Writes checkpoints.</summary>
    public Checkpoints Checkpoints => Get<Checkpoints>();

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    /// <summary>Returns a service of the server.</summary>
    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Starts a server.</summary>
    /// <param name="connectionString">The database.</param>
    /// <param name="key">The encryption key.</param>
    /// <param name="previous">The older encryption keys, separated by commas.</param>
    /// <param name="days">The retention, in days; 0 keeps everything.</param>
    /// <param name="time">The clock.</param>
    public static async Task<AuditServer> StartAsync(
        string connectionString,
        string key = ServerSettings.DefaultKey,
        string? previous = null,
        int days = 0,
        TimeProvider? time = null
    )
    {
        var settings = new Dictionary<string, string?>
        {
            ["AXVAULT_DATABASE_URL"] = connectionString,
            ["AXVAULT_ENCRYPTION_KEY"] = key,
            ["AXVAULT_ENCRYPTION_KEY_PREVIOUS"] = previous,
        };
        Assert.True(AxvaultOptions.TryRead(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), out var options, out _));
        var database = NpgsqlDataSource.Create(connectionString);
        var services = new ServiceCollection()
            .AddLogging()
            .AddMetrics()
            .AddSingleton(time ?? TimeProvider.System)
            .AddSingleton(database)
            .AddSingleton(new Vault(new VaultStore(database), options.Encryption))
            .AddSingleton<ServerReadiness>()
            .AddSingleton<ChangeStore>()
            .AddSingleton(options.Versions)
            .AddAudit(new AuditOptions { Retention = TimeSpan.FromDays(days) })
            .BuildServiceProvider();
        var server = new AuditServer(services, database);
        await server.Vault.OpenAsync(CancellationToken);
        await server.Keys.OpenAsync(CancellationToken);
        await server.Writer.StartAsync(CancellationToken);
        return server;
    }

    /// <summary>Makes a put with its entry, as the endpoint does; with several entries, in a transaction of its own.</summary>
    public async Task<PutVersion> PutAsync(CredentialPut put, params IReadOnlyList<AuditEntry> entries)
    {
        if (entries.Count > 1)
        {
            return await Ledger.ChangeAsync(
                async change =>
                {
                    var first = await RunAsync(change.Transaction, put);
                    await change.CommitAsync(entries);
                    return first;
                },
                CancellationToken
            );
        }

        PutVersion? made = null;
        await Groups.MakeAsync(
            entries.Count > 0 ? entries[0] : AuditLab.Entry(put),
            new ChangeStep(() => Make(put), async reader => made = await PutStore.ReadAsync(reader, put), null)
        );
        return made ?? (await PutStore.FindAsync(_database, put, CancellationToken))!;
    }

    /// <summary>Runs the statement of a put in <paramref name="transaction"/>, without its entry.</summary>
    public static async Task<PutVersion> RunAsync(NpgsqlTransaction transaction, CredentialPut put)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction);
        batch.BatchCommands.Add(Make(put));
        await using var reader = await batch.ExecuteReaderAsync(CancellationToken);
        return await PutStore.ReadAsync(reader, put);
    }

    private static NpgsqlBatchCommand Make(CredentialPut put) => PutStore.Make(put, [Envelope.KekOf(put.Envelope)!.Value.ToArray()], Keep);

    /// <summary>Puts a new version of <paramref name="name"/>.</summary>
    public Task<PutVersion> PutAsync(string name, string reason = "put")
    {
        var put = Put(name);
        return PutAsync(put, AuditLab.Entry(put) with { Reason = reason });
    }

    /// <summary>Deletes <paramref name="name"/> with its entry.</summary>
    public Task<ChangeResult> DeleteAsync(string name, string reason = "delete") =>
        Get<ChangeStore>()
            .DeleteAsync(
                AuditLab.Name(name),
                static _ => true,
                Keep,
                AuditLab.Entry(reason) with
                {
                    Action = AuditAction.CredentialDelete,
                    Target = name,
                },
                CancellationToken
            );

    /// <summary>Returns a put of <paramref name="name"/>.</summary>
    public CredentialPut Put(string name, string data = """{"apiKey":"sk-1"}""", string? notes = null)
    {
        var (id, credential) = (Guid.CreateVersion7(), AuditLab.Name(name));
        var attributes = new CredentialAttributes(CredentialType.ApiKey, null, null, null, null, notes);
        var context = new EnvelopeContext(id, credential) { Subject = attributes.SubjectAt(CredentialPut.Revision) };
        return new CredentialPut(
            id,
            credential,
            attributes,
            Vault.Encrypt(context, Encoding.UTF8.GetBytes(data)),
            null
        );
    }

    /// <summary>Writes an entry of a read.</summary>
    public Task WriteAsync(string reason) => Writer.WriteAsync(AuditLab.Entry(reason));

    /// <summary>Writes a checkpoint.</summary>
    public Task CheckpointAsync() => Checkpoints.WriteAsync(CancellationToken);

    /// <summary>Retires the keys of all other KEKs, as the end of a key rotation does.</summary>
    /// <returns><see langword="true"/> when they are retired; <see langword="false"/> when notes are left.</returns>
    public Task<bool> RetireAsync() =>
        Get<KeyRetirement>()
            .RunAsync(
                Vault.Keys.Current,
                AuditLab.Entry("rotated") with
                {
                    Action = AuditAction.RotationEnd,
                },
                static _ => Task.FromResult(true),
                static _ => Task.CompletedTask,
                CancellationToken
            );

    /// <summary>Drops the months that are past the retention.</summary>
    public Task RetainAsync() => Get<AuditRetention>().RunAsync(CancellationToken);

    /// <summary>Verifies the ledger.</summary>
    public Task<AuditReport> VerifyAsync(params AuditAnchor[] anchors) => Get<AuditVerifier>().VerifyAsync(anchors, null, CancellationToken);

    /// <summary>Returns an anchor of the newest checkpoint that this server knows.</summary>
    public AuditAnchor Anchor() => AuditAnchor.Of(Checkpoints.Newest!, Keys.Keys);

    /// <summary>Opens a connection of the server's pool, or throws when none is free within a second.</summary>
    public async Task<NpgsqlConnection> OpenAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(1));
        return await _database.OpenConnectionAsync(limit.Token);
    }

    /// <summary>Stops the server: writes what waits, and closes its lanes.</summary>
    public async Task StopAsync()
    {
        await Writer.StopAsync(CancellationToken);
        await Checkpoints.CloseLanesAsync(CancellationToken);
    }

    /// <summary>Ends the server as a kill does: its lanes stay open.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isEnded)
        {
            return;
        }

        _isEnded = true;
        await Writer.StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
        await _database.DisposeAsync();
    }
}
