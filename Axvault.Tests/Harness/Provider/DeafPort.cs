using System.Net;
using System.Net.Sockets;

namespace Axvault.Tests.Harness.Provider;

/// <summary>A port of a server that accepts no more connections: a client waits and cannot send a byte.</summary>
public sealed class DeafPort : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _waiting = [];

    /// <summary>Listens on a port of its own, and fills its queue of connections.</summary>
    public DeafPort()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1);
        while (TryFill()) { }
    }

    /// <summary>The URL of a token endpoint at this port.</summary>
    public Uri Url => new UriBuilder(Uri.UriSchemeHttp, "127.0.0.1", ((IPEndPoint)_listener.LocalEndPoint!).Port, "/connect/token").Uri;

    /// <inheritdoc />
    public void Dispose()
    {
        _waiting.ForEach(static socket => socket.Dispose());
        _listener.Dispose();
    }

    // Returns true when the queue took the connection: as long as it has room, a local connection succeeds at once.
    private bool TryFill()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        _waiting.Add(socket);
        try
        {
            socket.Connect(_listener.LocalEndPoint!);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            return socket.Poll(TimeSpan.FromMilliseconds(200), SelectMode.SelectWrite);
        }

        return true;
    }
}
