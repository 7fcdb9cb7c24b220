using System.Diagnostics;
using System.Globalization;
using Axvault.Hosting.Keys;
using Npgsql;

namespace Axvault.AppHost.EmbeddedPostgres;

/// <summary>One PostgreSQL server as a child process. It listens only on 127.0.0.1 and accepts only scram passwords.</summary>
/// <remarks>A start copes with the remains of a killed process: a stale pid file, or a server that still runs.</remarks>
internal sealed class PostgresCluster(PostgresBinaries binaries, ClusterFolder folder, Action<string> output) : IAsyncDisposable
{
    private const string Superuser = "postgres";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private IDisposable? _lock;
    private Process? _server;
    private Task<int> _ended = Task.FromResult(0);

    /// <summary>The port; 0 before the first start.</summary>
    public int Port { get; private set; }

    /// <summary>The process id of the running server.</summary>
    public int? ProcessId => _server is { HasExited: false } server ? server.Id : null;

    /// <summary>A task that completes with the exit code when the server has ended for any reason.</summary>
    public Task<int> Ended => _ended;

    /// <summary>The connection string of the superuser.</summary>
    public string ConnectionString =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Port,
            Username = Superuser,
            Password = folder.Password(),
            Database = "postgres",
        }.ConnectionString;

    /// <summary>Starts the server and waits until it accepts connections.</summary>
    /// <exception cref="EmbeddedPostgresException">The server cannot be started.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _lock ??= folder.Lock();
        await EndLeftoverAsync(cancellationToken);
        if (!Directory.Exists(folder.Data))
        {
            await InitializeAsync(cancellationToken);
        }

        Port = folder.ChoosePort();
        var (program, arguments) = OwnSession.Wrap(
            UnprivilegedUser.Wrap(
                binaries.PathOf("postgres"),
                "-D",
                folder.Data,
                "-c",
                string.Create(CultureInfo.InvariantCulture, $"port={Port}"),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                // Several servers with their pools, and the tests, need more than the default of 100.
                "-c",
                "max_connections=300",
                "-c",
                "password_encryption=scram-sha-256",
                "-c",
                "log_line_prefix="
            )
        );
        _server?.Dispose();
        _server = new Process { StartInfo = ChildProcess.StartInfo(program, arguments, folder.Data) };
        _server.OutputDataReceived += (_, line) => Report(line.Data);
        _server.ErrorDataReceived += (_, line) => Report(line.Data);
        _server.Start();
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        _ended = WaitForExitAsync(_server);
        await WaitUntilReadyAsync(cancellationToken);
    }

    /// <summary>Stops the server. Sessions end, and everything that was committed is on disk.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (ProcessId is not null)
        {
            await ControlAsync("fast", cancellationToken);
            await Ended.WaitAsync(StopLimit, cancellationToken);
        }
    }

    /// <summary>Kills the server and its children, like a power cut.</summary>
    public async Task KillAsync()
    {
        if (ProcessId is not null)
        {
            _server!.Kill(entireProcessTree: true);
            await _ended;
        }
    }

    /// <summary>Releases the server and its folder without a stop, like a killed process.</summary>
    internal void Abandon()
    {
        _server?.Dispose();
        _server = null;
        _lock?.Dispose();
        _lock = null;
    }

    /// <summary>Makes a database, unless it exists.</summary>
    public async Task CreateDatabaseAsync(string name, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await using var exists = new NpgsqlCommand("select exists (select from pg_database where datname = $1)", connection)
        {
            Parameters = { new() { Value = name } },
        };
        if (await exists.ExecuteScalarAsync(cancellationToken) is false)
        {
            await using var create = new NpgsqlCommand($"create database {new NpgsqlCommandBuilder().QuoteIdentifier(name)}", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopAsync(CancellationToken.None);
        }
        catch (Exception exception) when (exception is EmbeddedPostgresException or TimeoutException)
        {
            Report($"PostgreSQL did not stop in time and is killed: {exception.Message}");
            await KillAsync();
        }
        finally
        {
            Abandon();
        }
    }

    private async Task InitializeAsync(CancellationToken cancellationToken)
    {
        Report($"Making a PostgreSQL cluster in {folder.Data}");
        var passwordFile = Path.Combine(folder.Root, "initdb-password");
        if (Directory.Exists(folder.Staging))
        {
            Directory.Delete(folder.Staging, recursive: true);
        }

        try
        {
            Directory.CreateDirectory(folder.Staging);
            PrivateFile.Write(passwordFile, folder.Password());
            await UnprivilegedUser.OwnAsync(passwordFile, cancellationToken);
            await UnprivilegedUser.OwnAsync(folder.Staging, cancellationToken);
            var (program, arguments) = UnprivilegedUser.Wrap(
                binaries.PathOf("initdb"),
                "-D",
                folder.Staging,
                "-U",
                Superuser,
                $"--pwfile={passwordFile}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-locale"
            );
            await ChildProcess.RunAsync(program, arguments, folder.Staging, null, cancellationToken);
            Directory.Move(folder.Staging, folder.Data);
        }
        finally
        {
            File.Delete(passwordFile);
        }
    }

    // This process has the lock, so a killed process left the server behind, or only its pid file.
    private async Task EndLeftoverAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(folder.PidFile))
        {
            return;
        }

        var first = (await File.ReadAllLinesAsync(folder.PidFile, cancellationToken)).FirstOrDefault();
        if (int.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && FindServer(id) is { } leftover)
        {
            using (leftover)
            {
                Report($"Stopping the PostgreSQL server that was left running (process {id})");
                await ControlAsync("fast", cancellationToken);
                await leftover.WaitForExitAsync(cancellationToken).WaitAsync(StopLimit, cancellationToken);
            }
        }

        File.Delete(folder.PidFile);
    }

    // The process id may belong to another program now.
    private static Process? FindServer(int id)
    {
        try
        {
            var process = Process.GetProcessById(id);
            return process.ProcessName.StartsWith("postgres", StringComparison.Ordinal) ? process : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private async Task ControlAsync(string mode, CancellationToken cancellationToken)
    {
        var (program, arguments) = UnprivilegedUser.Wrap(binaries.PathOf("pg_ctl"), "stop", "-D", folder.Data, "-m", mode, "-W", "-s");
        await ChildProcess.RunAsync(program, arguments, folder.Data, null, cancellationToken);
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        while (true)
        {
            if (_server!.HasExited)
            {
                throw new EmbeddedPostgresException(
                    $"PostgreSQL ended with exit code {_server.ExitCode} while it started. Its log says why; its data is in {folder.Data}."
                );
            }

            // A connection that is too early would be an alarming line in the log.
            if (!await SaysReadyAsync(limit.Token))
            {
                await Task.Delay(Pause, limit.Token);
                continue;
            }

            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString + ";Timeout=5;Pooling=false");
                await connection.OpenAsync(limit.Token);
                return;
            }
            catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InvalidPassword)
            {
                throw new EmbeddedPostgresException(
                    $"The password in {folder.Root} is not that of the cluster beside it. Delete the folder to start anew, without the data.",
                    exception
                );
            }
            catch (NpgsqlException)
            {
                await Task.Delay(Pause, limit.Token);
            }
        }
    }

    // The eighth line of the pid file is the state of the server. pg_ctl waits for the same line.
    private async Task<bool> SaysReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new FileStream(folder.PidFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream);
            var lines = (await reader.ReadToEndAsync(cancellationToken)).Split('\n');
            return lines.Length >= 8 && lines[7].Trim() == "ready";
        }
        catch (IOException)
        {
            // The file does not exist yet, or is being written.
            return false;
        }
    }

    private static async Task<int> WaitForExitAsync(Process server)
    {
        await server.WaitForExitAsync();
        return server.ExitCode;
    }

    private void Report(string? line)
    {
        if (!string.IsNullOrEmpty(line))
        {
            output(line);
        }
    }
}
