using System.Net;

namespace Axvault.Api.Http;

/// <summary>The address of the client of a request.</summary>
internal static class ClientAddress
{
    /// <summary>
    /// Returns the client's address; behind a trusted proxy (<c>AXVAULT_TRUSTED_PROXIES</c>), that of the client in front of it, or
    /// <see langword="null"/> when the proxy does not name one. An IPv4-mapped address is returned as IPv4.
    /// </summary>
    public static IPAddress? Of(HttpContext? context) =>
        context?.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context?.Connection.RemoteIpAddress;
}
