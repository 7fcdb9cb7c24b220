using System.Net;
using System.Net.Sockets;

namespace Axvault.Tests.Provider;

/// <summary>A port of a server that takes no connection any more: who connects waits, and cannot send a byte.</summary>
public sealed class DeafPort : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _waiting = [];

    /// <summary>Listens on a port of its own, and fills its queue.</summary>
    public DeafPort()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1);
        while (TryFill())
        {
        }
    }

    /// <summary>A token endpoint there.</summary>
    public Uri Url => new UriBuilder(Uri.UriSchemeHttp, "127.0.0.1", ((IPEndPoint)_listener.LocalEndPoint!).Port, "/connect/token").Uri;

    /// <inheritdoc />
    public void Dispose()
    {
        _waiting.ForEach(static socket => socket.Dispose());
        _listener.Dispose();
    }

    // A queue with room takes a connection of this machine at once.
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
