using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Axvault.Tests.Harness.Graph;

/// <summary>A proxy to PostgreSQL that can lose the response to a statement. The statement itself arrives and is executed.</summary>
internal sealed class LostAnswers : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<Task> _connections = [];
    private byte[]? _mark;
    private bool _lost;
    private Task _accepting = Task.CompletedTask;
    private string _host = "";
    private int _port;

    /// <summary>Starts the proxy and returns the connection string with its address.</summary>
    public string StartFor(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        (_host, _port) = (builder.Host!, builder.Port);
        _listener.Start();
        _accepting = AcceptAsync();
        (builder.Host, builder.Port) = ("127.0.0.1", ((IPEndPoint)_listener.LocalEndpoint).Port);
        return builder.ConnectionString;
    }

    /// <summary>Loses the response to the next message that contains <paramref name="mark"/>, and closes the connection.</summary>
    public void LoseAnswerTo(string mark)
    {
        lock (_lock)
        {
            (_mark, _lost) = (System.Text.Encoding.UTF8.GetBytes(mark), false);
        }
    }

    /// <summary><c>true</c> when the response has been lost; otherwise <c>false</c>.</summary>
    public bool HasLost
    {
        get
        {
            lock (_lock)
            {
                return _lost;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _connections.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            // The proxy stops.
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var database = new TcpClient();
        using (client)
        {
            try
            {
                await database.ConnectAsync(_host, _port, _stop.Token);
                var isMarked = false;
                var there = CopyAsync(client, database, bytes =>
                {
                    isMarked |= TakeMark(bytes);
                    return true;
                });
                var back = CopyAsync(database, client, _ => !isMarked);
                await Task.WhenAny(there, back);
            }
            catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException)
            {
                // The other side notices that its connection is closed.
            }
        }
    }

    private bool TakeMark(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_mark is null || bytes.IndexOf(_mark) < 0)
            {
                return false;
            }

            (_mark, _lost) = (null, true);
            return true;
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to, Func<byte[], bool> mayPass)
    {
        var buffer = new byte[64 * 1024];
        for (int read; (read = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0;)
        {
            if (!mayPass(buffer[..read]))
            {
                return;
            }

            await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token);
        }
    }
}
