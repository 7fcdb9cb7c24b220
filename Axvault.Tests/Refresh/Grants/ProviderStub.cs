using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Axvault.Tests.Refresh.Grants;

/// <summary>
/// A token endpoint on bare TCP, on loopback. It records every request byte for byte, counts connections and requests, and answers or breaks
/// as the test sets it up. It reads on after an answer, so that a reused connection or a repeated request is seen.
/// </summary>
internal sealed class ProviderStub : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<(int Connection, string Request)> _requests = [];
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Func<Stream, Socket, CancellationToken, Task> _answer;
    private readonly Func<Stream, Task<Stream>> _open;
    private readonly Task _accepting;
    private int _count;

    /// <summary>Starts to listen.</summary>
    /// <param name="answer">The action after a request has been read. The connection stays open unless the action closes it.</param>
    /// <param name="open">The action on a new connection, before anything is read; none when omitted.</param>
    public ProviderStub(Func<Stream, Socket, CancellationToken, Task> answer, Func<Stream, Task<Stream>>? open = null)
    {
        (_answer, _open) = (answer, open ?? Task.FromResult);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The URL of the endpoint.</summary>
    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/oauth/token?tenant=1");

    /// <summary>The number of connections made.</summary>
    public int Connections => Volatile.Read(ref _count);

    /// <summary>The completely read requests, each with the number of its connection.</summary>
    public IReadOnlyList<(int Connection, string Request)> Requests => [.. _requests];

    /// <summary>Returns a stub that answers each request with <paramref name="answer"/> and keeps the connection open.</summary>
    public static ProviderStub Answering(string answer) => new((stream, _, stopping) => stream.WriteAsync(Encoding.UTF8.GetBytes(answer), stopping).AsTask());

    /// <summary>Returns a stub that answers with a status, a body and additional header fields.</summary>
    public static ProviderStub Answering(int status, string body, string fields = "") =>
        Answering($"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{fields}\r\n{body}");

    /// <summary>Returns a stub that sends an answer and closes the connection, by a reset if asked.</summary>
    public static ProviderStub Cutting(string answer, bool reset = false) =>
        new(
            async (stream, socket, stopping) =>
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), stopping);
                await stream.FlushAsync(stopping);
                socket.LingerState = new LingerOption(reset, 0);
                socket.Close();
            }
        );

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_connections);
        _listener.Dispose();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync(_stopping.Token);
                _connections.Add(ServeAsync(socket, Interlocked.Increment(ref _count)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket socket, int connection)
    {
        try
        {
            using (socket)
            {
                await using var raw = new NetworkStream(socket);
                var stream = await _open(raw);
                while (await ReadAsync(stream) is { } request)
                {
                    _requests.Enqueue((connection, request));
                    await _answer(stream, socket, _stopping.Token);
                }
            }
        }
        catch (Exception exception)
            when (exception
                    is IOException
                        or OperationCanceledException
                        or ObjectDisposedException
                        or SocketException
                        or InvalidOperationException
                        or System.Security.Authentication.AuthenticationException
            )
        {
            // The client hung up, or this side did.
        }
    }

    // Reads one request: the header, and as many bytes as its length says. Returns null when the client has closed the connection.
    private async Task<string?> ReadAsync(Stream stream)
    {
        var received = new List<byte>();
        var one = new byte[1];
        while (!received.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, _stopping.Token) == 0)
            {
                return null;
            }

            received.Add(one[0]);
        }

        var header = Encoding.Latin1.GetString([.. received]);
        var length = header
            .Split("\r\n")
            .Where(static line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase))
            .Select(static line => line["Content-Length: ".Length..])
            .Single();
        var body = new byte[int.Parse(length, System.Globalization.CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _stopping.Token);
        return header + Encoding.Latin1.GetString(body);
    }
}
