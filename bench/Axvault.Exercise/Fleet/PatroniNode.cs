using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Bench.Subjects;
using Axvault.Hosting.Keys;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Exercise.Fleet;

/// <summary>A node of the database: Patroni, and the PostgreSQL that it manages.</summary>
internal sealed class PatroniNode(string name, int etcdPort, PatroniPasswords passwords, string folder, Action<string> log) : IAsyncDisposable
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(2) };

    private readonly int _apiPort = Ports.Take();
    private BenchProcess? _patroni;

    /// <summary>The name of the node.</summary>
    public string Name => name;

    /// <summary>The port of its PostgreSQL.</summary>
    public int Port { get; } = Ports.Take();

    private string Data => Path.Combine(folder, "data");

    /// <summary>Starts the node for the first time or again. It finds its role in the cluster by itself.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var file = Path.Combine(folder, "patroni.yml");
        PrivateFile.Write(file, Configuration());
        await UnprivilegedUser.OwnAsync(file, cancellationToken);
        _patroni = await BenchProcess.StartAsync(
            _ =>
            {
                var start = FleetProcess.Describe(Requirements.PathOf("patroni"), [file], folder, asPostgres: true);
                start.Environment["HOME"] = folder;
                return start;
            },
            "/liveness",
            log,
            log,
            _apiPort,
            cancellationToken
        );
    }

    /// <summary>Kills Patroni and PostgreSQL, like a power cut.</summary>
    public async Task KillAsync()
    {
        Signal.Send(_patroni!.Id, Signal.Kill);
        if (PostmasterId() is { } postmaster)
        {
            ProcessTree.Kill(postmaster);
        }

        await _patroni.DisposeAsync();
        _patroni = null;
    }

    /// <summary>Returns <see langword="true"/> when its PostgreSQL accepts writes; otherwise <see langword="false"/>.</summary>
    public async Task<bool> IsPrimaryAsync(CancellationToken cancellationToken) =>
        await GetAsync("/primary", cancellationToken) is { Status: HttpStatusCode.OK };

    /// <summary>Returns the number of standbys that stream from this primary, and the number of synchronous ones among them.</summary>
    public async Task<(int Streaming, int Synchronous)> StandbysAsync(CancellationToken cancellationToken)
    {
        if (await GetAsync("/patroni", cancellationToken) is not { Body: { } body } || !body.TryGetProperty("replication", out var replication))
        {
            return (0, 0);
        }

        var standbys = replication.EnumerateArray().Where(static standby => standby.GetProperty("state").GetString() == "streaming").ToList();
        return (standbys.Count, standbys.Count(static standby => standby.GetProperty("sync_state").GetString() is "sync" or "quorum"));
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // Patroni is killed first, because it would restart PostgreSQL. Its output stays open until PostgreSQL ends.
        if (_patroni is { HasExited: false })
        {
            Signal.Send(_patroni.Id, Signal.Kill);
        }

        await EndPostgresAsync();
        if (_patroni is not null)
        {
            await _patroni.DisposeAsync();
        }
    }

    // The data is not needed any more, so a clean shutdown is unnecessary. PostgreSQL must still release its shared memory.
    private async Task EndPostgresAsync()
    {
        var clock = Stopwatch.StartNew();
        while (PostmasterId() is { } postmaster)
        {
            if (clock.Elapsed > StopLimit)
            {
                ProcessTree.Kill(postmaster);
                return;
            }

            Signal.Send(postmaster, Signal.Quit);
            await Task.Delay(Pause);
        }
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)?> GetAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await Http.GetAsync(new UriBuilder(Uri.UriSchemeHttp, "127.0.0.1", _apiPort, path).Uri, cancellationToken);
            return (response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync(cancellationToken)));
        }
        catch (Exception exception)
            when (exception is HttpRequestException or JsonException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }

    // The file outlives a killed server, and another process may get its id. The working folder of the real one is the data folder.
    private int? PostmasterId()
    {
        try
        {
            var id = int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture);
            return new DirectoryInfo($"/proc/{id}/cwd").LinkTarget == Data ? id : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    // The shortest times that Patroni accepts: ttl is at least 20 s, and loop_wait + 2 * retry_timeout must be below it.
    private string Configuration() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            scope: axvault
            name: {{name}}
            restapi:
              listen: 127.0.0.1:{{_apiPort}}
              connect_address: 127.0.0.1:{{_apiPort}}
            etcd3:
              host: 127.0.0.1:{{etcdPort}}
            bootstrap:
              dcs:
                ttl: 20
                loop_wait: 2
                retry_timeout: 5
                maximum_lag_on_failover: 1048576
                synchronous_mode: true
                synchronous_mode_strict: true
                postgresql:
                  use_pg_rewind: true
                  use_slots: true
                  parameters:
                    wal_retrieve_retry_interval: 500ms
                    max_connections: 100
                    wal_keep_size: 128MB
              initdb:
              - encoding: UTF8
              - locale: C
              - data-checksums
            postgresql:
              listen: 127.0.0.1:{{Port}}
              connect_address: 127.0.0.1:{{Port}}
              bin_dir: {{Requirements.PostgresFolder}}
              data_dir: {{Data}}
              pgpass: {{folder}}/pgpass
              authentication:
                superuser:
                  username: postgres
                  password: {{passwords.Superuser}}
                replication:
                  username: replicator
                  password: {{passwords.Replication}}
              pg_hba:
              - host all all 127.0.0.1/32 scram-sha-256
              - host replication replicator 127.0.0.1/32 scram-sha-256
              parameters:
                unix_socket_directories: ''
                dynamic_shared_memory_type: mmap
                shared_buffers: 32MB
            """
        );
}
