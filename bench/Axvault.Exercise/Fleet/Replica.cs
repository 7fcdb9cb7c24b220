using System.Globalization;
using System.Text.RegularExpressions;
using Axvault.Bench.Subjects;

namespace Axvault.Exercise.Fleet;

/// <summary>One of several servers on one database. It keeps its port and its spool across restarts and versions.</summary>
internal sealed partial class Replica(string name, ReplicaSettings settings, ScratchFolder folder, LogFolder logs) : IAsyncDisposable
{
    private readonly Action<string> _log = logs.Open(name);
    private readonly string _spool = folder.Make(Path.Combine("spools", name));
    private readonly TaskCompletionSource<string> _secret = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private BenchProcess? _process;

    /// <summary>The name of the replica in the balancer.</summary>
    public string Name => name;

    /// <summary>Its port.</summary>
    public int Port { get; } = Ports.Take();

    /// <summary>The secret of the vault's first key, if this server created it.</summary>
    public Task<string> BootstrapSecret => _secret.Task.WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>Starts the replica, and returns when it is ready.</summary>
    /// <param name="server">The path of the program, from this checkout or an older one.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async Task StartAsync(string server, CancellationToken cancellationToken) =>
        _process = await BenchProcess.StartAsync(
            port =>
            {
                var start = FleetProcess.Describe(
                    "dotnet",
                    [server, "serve", "--port", port.ToString(CultureInfo.InvariantCulture), "--refresh-spool", _spool],
                    _spool
                );
                settings.ApplyTo(start.Environment);
                return start;
            },
            "/health",
            line =>
            {
                if (Secret().Match(line) is { Success: true } match)
                {
                    _secret.TrySetResult(match.Value);
                    return;
                }

                _log(line);
            },
            _log,
            Port,
            cancellationToken
        );

    /// <summary>Stops the replica, as an orchestrator does.</summary>
    /// <exception cref="InvalidOperationException">The exit code is not 0.</exception>
    public async Task StopAsync()
    {
        var code = await FleetProcess.StopAsync(_process!);
        await DisposeAsync();
        if (code != 0)
        {
            throw new InvalidOperationException($"{name} ended with {code}.");
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync();
        }
    }

    [GeneratedRegex("axv_sk_[0-9A-Za-z]+")]
    private static partial Regex Secret();
}
