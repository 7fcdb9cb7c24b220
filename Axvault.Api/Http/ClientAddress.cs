using System.Net;

namespace Axvault.Api.Http;

/// <summary>Where a request came from.</summary>
internal static class ClientAddress
{
    /// <summary>The client's address, that of the client behind a trusted proxy (<c>AXVAULT_TRUSTED_PROXIES</c>); an IPv4-mapped one as IPv4.</summary>
    public static IPAddress? Of(HttpContext? context) =>
        context?.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context?.Connection.RemoteIpAddress;
}
