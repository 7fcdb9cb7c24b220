using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Axvault.Tests.Server;

/// <summary>Ports that nothing listens on.</summary>
internal static class FreePort
{
    // Below the ports that Linux, macOS and Windows give to whoever asks for any: none of those that run beside a test is given one of these.
    private const int First = 10_000;
    private const int Last = 32_000;

    private static readonly ConcurrentDictionary<int, bool> Given = [];

    /// <summary>A port that was free a moment ago, that no other test of this process is given, and no socket that asks for any port.</summary>
    public static int Next()
    {
        while (true)
        {
            var port = Random.Shared.Next(First, Last);
            if (Given.TryAdd(port, true) && IsFree(port))
            {
                return port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
        {
            return false;
        }
    }
}
