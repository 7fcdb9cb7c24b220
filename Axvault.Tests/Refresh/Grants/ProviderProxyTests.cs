using System.Net;
using Axvault.Api.Refresh.Grants;

namespace Axvault.Tests.Refresh.Grants;

public sealed class ProviderProxyTests
{
    [Theory]
    [InlineData("http://127.0.0.1:1/token", false)]
    [InlineData("http://127.8.9.1/token", false)]
    [InlineData("http://localhost/token", false)]
    [InlineData("http://[::1]/token", false)]
    [InlineData("https://localhost/token", false)]
    [InlineData("https://127.0.0.1/token", false)]
    [InlineData("https://[::ffff:127.0.0.1]/token", false)]
    [InlineData("http://provider.example/token", false)]
    [InlineData("https://provider.example/token", true)]
    public void A_proxy_is_used_for_https_to_other_machines_only(string url, bool isUsed)
    {
        var proxy = new ProviderProxy(new WebProxy("http://proxy.example:3128"));
        Assert.Equal((isUsed, !isUsed), (proxy.GetProxy(new Uri(url)) is not null, proxy.IsBypassed(new Uri(url))));
    }
}
