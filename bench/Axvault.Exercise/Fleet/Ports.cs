using System.Net;
using System.Net.Sockets;

namespace Axvault.Exercise.Fleet;

/// <summary>Ports for programs that are stopped and started again. They are below the ephemeral ports, so that no outgoing connection takes one.</summary>
internal static class Ports
{
    private const int First = 21_000;
    private const int Count = 9_000;

    private static int _next = Random.Shared.Next(Count);

    /// <summary>Returns a free port.</summary>
    public static int Take()
    {
        while (true)
        {
            var port = First + (Interlocked.Increment(ref _next) % Count);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Another process uses this port.
            }
        }
    }
}
