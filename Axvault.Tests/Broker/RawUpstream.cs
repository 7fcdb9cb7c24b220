using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Broker;

/// <summary>A server whose upstream sends any bytes that a test says, and the tests of one class share.</summary>
public sealed class RawUpstream(VaultGraph graph) : IAsyncLifetime
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, Func<RawCall, Task>> _answers = [];
    private TestDatabase? _database;
    private VaultServer? _server;
    private VaultClient? _admin;

    /// <summary>The server.</summary>
    public VaultServer Server => _server!;

    /// <summary>A client with the first key.</summary>
    public VaultClient Admin => _admin!;

    /// <summary>The requests that arrived, each with its head and body.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Sets the answer to requests that contain <paramref name="mark"/>. The connection is closed afterwards.</summary>
    public void Answers(string mark, Func<RawCall, Task> answer) => _answers[mark] = answer;

    /// <summary>Puts a credential and makes a key that may use it.</summary>
    public async Task<(string Name, string Key)> PrepareAsync()
    {
        var name = $"c{Guid.NewGuid():N}";
        (await Admin.PutAsync($"credentials/{name}", """{"type":"api-key","provider":"anthropic","data":{"apiKey":"the-token"}}""")).Is(HttpStatusCode.Created);
        var key = (await Admin.PostAsync("keys", $$"""{"name":"an agent","useAccess":["{{name}}"]}""")).Is(HttpStatusCode.Created);
        return (name, key.Json.GetProperty("secret").GetString()!);
    }

    public async ValueTask InitializeAsync()
    {
        _listener.Start();
        _ = AcceptAsync();
        _database = await graph.CreateDatabaseAsync();
        _server = await VaultServer.StartAsync(
            new ServerSettings(_database.ConnectionString) { Variables = BrokerFixture.Variables($"http://{_listener.LocalEndpoint}") }
        );
        _admin = _server.Client(_server.BootstrapSecret);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        _admin?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_database?.DisposeAsync() ?? ValueTask.CompletedTask);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync(_stopping.Token));
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var owned = socket;
        socket.NoDelay = true;
        var call = new RawCall(socket, _stopping.Token);
        try
        {
            while (await call.ReadRequestAsync() is { } request)
            {
                Requests.Enqueue(request);
                if (_answers.FirstOrDefault(answer => request.Contains(answer.Key, StringComparison.Ordinal)).Value is { } answer)
                {
                    await answer(call);
                    if (!call.IsKept)
                    {
                        return;
                    }
                }
                else
                {
                    await call.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException)
        {
            // The other side has closed the connection, or the test is over.
        }
    }
}

/// <summary>A request on a connection of the upstream, and the way to answer it.</summary>
public sealed class RawCall(Socket socket, CancellationToken stopping)
{
    /// <summary><see langword="true"/> to keep the connection for the next request; otherwise <see langword="false"/>.</summary>
    public bool IsKept { get; set; }

    /// <summary>Ends with the test class.</summary>
    public CancellationToken Stopping => stopping;

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(string latin1) => await socket.SendAsync(Encoding.Latin1.GetBytes(latin1), stopping);

    /// <summary>Sends bytes.</summary>
    public async Task SendAsync(byte[] bytes) => await socket.SendAsync(bytes, stopping);

    /// <summary>Closes the connection with a reset.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    /// <summary>Waits until the other side has closed the connection.</summary>
    public async Task WaitForCloseAsync()
    {
        try
        {
            while (await socket.ReceiveAsync(new byte[1024], stopping) > 0) { }
        }
        catch (SocketException)
        {
            // A reset is an end, too.
        }
    }

    internal async Task<string?> ReadRequestAsync()
    {
        var text = new StringBuilder();
        while (!IsWhole(text.ToString()))
        {
            var buffer = new byte[65536];
            var read = await socket.ReceiveAsync(buffer, stopping);
            if (read == 0)
            {
                return null;
            }

            text.Append(Encoding.Latin1.GetString(buffer.AsSpan(0, read)));
        }

        return text.ToString();
    }

    private static bool IsWhole(string text)
    {
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0)
        {
            return false;
        }

        var head = text[..end];
        if (head.Contains("\r\nTransfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
        {
            return text.EndsWith("0\r\n\r\n", StringComparison.Ordinal);
        }

        var length = head.Split("\r\n").FirstOrDefault(static line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        return text.Length - end - 4 >= (length is null ? 0 : int.Parse(length[15..], System.Globalization.CultureInfo.InvariantCulture));
    }
}
