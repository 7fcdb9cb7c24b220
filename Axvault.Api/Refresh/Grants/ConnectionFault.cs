using System.Net.Sockets;
using System.Security.Authentication;

namespace Axvault.Api.Refresh.Grants;

/// <summary>Names the cause of a failed connection. It uses codes and fixed words, since the text of an exception may hold a proxy's password.</summary>
internal static class ConnectionFault
{
    /// <summary>Returns the innermost known cause of <paramref name="exception"/>.</summary>
    public static string Explain(Exception exception)
    {
        var kind = exception is HttpRequestException { HttpRequestError: not HttpRequestError.Unknown and var error } ? $"{error}" : exception.GetType().Name;
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case SocketException socket:
                    return $"{kind}: {socket.SocketErrorCode}";

                // "The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot". TLS has no secrets in its words.
                case AuthenticationException { InnerException: null } tls:
                    return $"{kind}: {tls.Message}";
            }
        }

        var cause = exception.GetBaseException();
        return cause == exception ? kind : $"{kind}: {cause.GetType().Name}";
    }
}
