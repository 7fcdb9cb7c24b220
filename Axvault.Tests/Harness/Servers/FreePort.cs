using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Axvault.Tests.Harness.Servers;

/// <summary>Ports that no process listens on.</summary>
internal static class FreePort
{
    // Below the ephemeral ports of Linux, macOS and Windows, so that no process that asks for any port gets one of these.
    private const int First = 10_000;
    private const int Last = 32_000;

    private static readonly ConcurrentDictionary<int, bool> Given = [];

    /// <summary>Returns a port that was just free, and that no other test of this process gets.</summary>
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
