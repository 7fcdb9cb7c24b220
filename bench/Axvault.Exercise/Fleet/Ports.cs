using System.Net;
using System.Net.Sockets;

namespace Axvault.Exercise.Fleet;

/// <summary>Ports for what is stopped and started again: below those that the system gives to outgoing connections, which might take one meanwhile.</summary>
internal static class Ports
{
    private const int First = 21_000;
    private const int Count = 9_000;

    private static int _next = Random.Shared.Next(Count);

    /// <summary>A port that is free.</summary>
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
                // Somebody else's.
            }
        }
    }
}
