using System.Net;

namespace Axvault.Api.Refresh.Grants;

/// <summary>
/// The proxy of the environment, for https to other machines only. A proxy reads a request that is not encrypted, and loopback is the proxy's own machine.
/// </summary>
internal sealed class ProviderProxy(IWebProxy environment) : IWebProxy
{
    /// <inheritdoc />
    public ICredentials? Credentials
    {
        get => environment.Credentials;
        set => environment.Credentials = value;
    }

    /// <inheritdoc />
    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : environment.GetProxy(destination);

    /// <inheritdoc />
    public bool IsBypassed(Uri host) => host.Scheme != Uri.UriSchemeHttps || IsLoopback(host) || environment.IsBypassed(host);

    private static bool IsLoopback(Uri host) =>
        host.IsLoopback
        || (
            IPAddress.TryParse(host.DnsSafeHost, out var address)
            && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address)
        );
}
