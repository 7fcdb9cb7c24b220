using System.Net.Sockets;
using System.Text;
using Axvault.Tests.Harness.Leaks;

namespace Axvault.Tests.Harness.Servers;

/// <summary>A connection on which any bytes can be sent.</summary>
internal sealed class RawHttp : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);

    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;

    private RawHttp(TcpClient tcp) => (_tcp, _stream) = (tcp, tcp.GetStream());

    /// <summary>Connects to <paramref name="server"/>.</summary>
    /// <param name="server">The address of the server.</param>
    /// <param name="isSlow"><see langword="true"/> to receive next to nothing before it is read; otherwise <see langword="false"/>.</param>
    public static async Task<RawHttp> ConnectAsync(Uri server, bool isSlow = false)
    {
        ArgumentNullException.ThrowIfNull(server);

        var tcp = new TcpClient { NoDelay = true };
        if (isSlow)
        {
            tcp.ReceiveBufferSize = 4096;
        }

        await tcp.ConnectAsync(server.Host, server.Port, TestContext.Current.CancellationToken);
        return new RawHttp(tcp);
    }

    /// <summary>Sends <paramref name="request"/> on a new connection, and returns everything received until the server closed it.</summary>
    /// <param name="server">The address of the server.</param>
    /// <param name="request">The bytes to send.</param>
    /// <param name="end"><see langword="true"/> to announce that nothing follows. The server may then close without an answer.</param>
    public static async Task<string> ExchangeAsync(Uri server, byte[] request, bool end = false)
    {
        using var raw = await ConnectAsync(server);
        if (await raw.TrySendAsync(request) && end)
        {
            raw._tcp.Client.Shutdown(SocketShutdown.Send);
        }

        var answer = await raw.ReadToEndAsync();
        if (answer.Contains("application/problem+json", StringComparison.Ordinal))
        {
            LeakWatch.Line(EmissionChannel.Problem, LeakWatch.CurrentTest, answer);
        }

        return answer;
    }

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes, TestContext.Current.CancellationToken);

    public Task SendAsync(string latin1) => SendAsync(Encoding.Latin1.GetBytes(latin1));

    /// <summary>Sends <paramref name="bytes"/>. Returns <see langword="false"/> when the server has closed the connection.</summary>
    public async Task<bool> TrySendAsync(byte[] bytes)
    {
        try
        {
            await SendAsync(bytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Returns the status line and the headers of the next answer. Fails the test when that takes too long.</summary>
    public async Task<string> ReadHeadAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        var head = new StringBuilder();
        var next = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await _stream.ReadAsync(next, limit.Token) > 0)
        {
            head.Append((char)next[0]);
        }

        return head.ToString();
    }

    /// <summary>Returns everything that the server sends until it closes the connection. Fails the test when that takes too long.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        using var received = new MemoryStream();
        try
        {
            await _stream.CopyToAsync(received, limit.Token);
        }
        catch (IOException exception) when (exception.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            // A server that refuses may close with unread input. The bytes sent before that count.
            return Encoding.UTF8.GetString(received.ToArray());
        }

        return Encoding.UTF8.GetString(received.ToArray());
    }

    public void Dispose() => _tcp.Dispose();
}
