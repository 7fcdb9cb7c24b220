using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Axvault.Bench.Subjects;

namespace Axvault.Exercise.Fleet;

/// <summary>HAProxy in front of the replicas. It probes the readiness of each. It repeats only reads, and requests whose connection failed.</summary>
internal sealed class Balancer : IAsyncDisposable
{
    private const string Backend = "replicas";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly BenchProcess _process;
    private readonly string _socket;

    private Balancer(BenchProcess process, string socket) => (_process, _socket) = (process, socket);

    /// <summary>The address for clients.</summary>
    public Uri Address => _process.Address;

    /// <summary>Starts a balancer of <paramref name="replicas"/>.</summary>
    public static async Task<Balancer> StartAsync(IReadOnlyList<Replica> replicas, string folder, Action<string> log, CancellationToken cancellationToken)
    {
        var (file, socket) = (Path.Combine(folder, "haproxy.cfg"), Path.Combine(folder, "haproxy.sock"));
        var port = Ports.Take();
        await File.WriteAllTextAsync(file, Configuration(port, socket, replicas), cancellationToken);
        var process = await BenchProcess.StartAsync(
            _ => FleetProcess.Describe(Requirements.PathOf("haproxy"), ["-db", "-f", file], folder),
            "/balancer",
            log,
            log,
            port,
            cancellationToken
        );
        return new Balancer(process, socket);
    }

    /// <summary>Waits until all replicas are in the rotation.</summary>
    /// <exception cref="TimeoutException">Not all replicas came into the rotation in time.</exception>
    public Task WaitUntilWholeAsync(CancellationToken cancellationToken) =>
        WaitAsync(static servers => servers.TrueForAll(static server => server.Status == "UP"), cancellationToken);

    /// <summary>Takes a replica out of the rotation, and waits until it has no requests left. It is for servers that do not announce their stop.</summary>
    public async Task DrainAsync(Replica replica, CancellationToken cancellationToken)
    {
        await CommandAsync($"set server {Backend}/{replica.Name} state drain", cancellationToken);
        await WaitAsync(
            servers => servers.Exists(server => server.Name == replica.Name && server.Status == "DRAIN" && server.Sessions == "0"),
            cancellationToken
        );
    }

    /// <summary>Puts a replica back into the rotation.</summary>
    public Task RestoreAsync(Replica replica, CancellationToken cancellationToken) =>
        CommandAsync($"set server {Backend}/{replica.Name} state ready", cancellationToken);

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task WaitAsync(Predicate<List<(string Name, string Status, string Sessions)>> condition, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            while (!condition(await ServersAsync(limit.Token)))
            {
                await Task.Delay(Pause, limit.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("The balancer did not reach the expected state of the replicas.");
        }
    }

    // The columns are "pxname,svname,qcur,qmax,scur,…,status,…".
    private async Task<List<(string Name, string Status, string Sessions)>> ServersAsync(CancellationToken cancellationToken)
    {
        var lines = (await CommandAsync($"show stat {Backend} 4 -1", cancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var status = Array.IndexOf(lines[0].Split(','), "status");
        return [.. lines[1..].Select(static line => line.Split(',')).Select(fields => (fields[1], fields[status], fields[4]))];
    }

    private async Task<string> CommandAsync(string command, CancellationToken cancellationToken)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), cancellationToken);
        await using var stream = new NetworkStream(socket);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\n"), cancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    private static string Configuration(int port, string socket, IEnumerable<Replica> replicas) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            global
              stats socket {{socket}} mode 600 level admin
            defaults
              mode http
              timeout connect 2s
              timeout client 60s
              timeout server 60s
              retries 2
              option redispatch 1
              option forwardfor
              retry-on conn-failure empty-response
            frontend axvault
              bind 127.0.0.1:{{port}}
              monitor-uri /balancer
              default_backend {{Backend}}
            backend {{Backend}}
              # A connection that failed has carried nothing. One that was cut may have, so unsafe requests are not sent again.
              http-request disable-l7-retry unless METH_GET
              balance leastconn
              option httpchk
              http-check send meth GET uri /health
              http-check expect status 200
              default-server check inter 500ms downinter 200ms fall 2 rise 1

            """
        )
        + string.Concat(replicas.Select(static replica => string.Create(CultureInfo.InvariantCulture, $"  server {replica.Name} 127.0.0.1:{replica.Port}\n")));
}
