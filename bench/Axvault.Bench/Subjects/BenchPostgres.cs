using Axvault.AppHost.EmbeddedPostgres;
using Npgsql;

namespace Axvault.Bench.Subjects;

/// <summary>A PostgreSQL of the benchmark's own with default settings: every commit is on the disk before it is acknowledged.</summary>
internal sealed class BenchPostgres : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"axvault-bench-{Guid.NewGuid():N}"));
    private PostgresCluster? _cluster;

    /// <summary>The connection string of the superuser.</summary>
    public string ConnectionString => _cluster!.ConnectionString;

    /// <summary>Starts a PostgreSQL.</summary>
    public static async Task<BenchPostgres> StartAsync()
    {
        var postgres = new BenchPostgres();
        var binaries = await PostgresBinaries.InstallAsync(ClusterFolder.StateFolder(), Console.Error.WriteLine, CancellationToken.None);
        postgres._cluster = new PostgresCluster(binaries, new ClusterFolder(Path.Combine(postgres._folder.FullName, "postgres")), static _ => { });
        await postgres._cluster.StartAsync(CancellationToken.None);
        return postgres;
    }

    /// <summary>Creates a database, and returns its connection string.</summary>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        await ExecuteAsync(ConnectionString, $"create database {name}");
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Runs a statement.</summary>
    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 300 };
        await command.ExecuteNonQueryAsync();
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }
}
