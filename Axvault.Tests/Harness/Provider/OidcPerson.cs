using System.Net;
using System.Text.RegularExpressions;
using System.Web;
using Axvault.Tests.Harness.Leaks;

namespace Axvault.Tests.Harness.Provider;

/// <summary>
/// A person at an <see cref="OidcProvider"/> with a browser without scripts, which keeps its cookies and follows redirects of the provider only.
/// </summary>
/// <param name="provider">The provider.</param>
/// <param name="user">The name to log in with.</param>
internal sealed partial class OidcPerson(OidcProvider provider, string user) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, CookieContainer = new CookieContainer() });

    /// <summary>Logs in at an authorization endpoint, allows the access, and returns the address of the client that the provider leads to.</summary>
    /// <param name="authorization">The authorization endpoint with the parameters of the client.</param>
    /// <param name="refuses"><see langword="true"/> to refuse the access; otherwise <see langword="false"/>.</param>
    public async Task<Uri> LogInAsync(Uri authorization, bool refuses = false)
    {
        var (address, page) = await OpenAsync(authorization);
        while (page is not null)
        {
            (address, page) = page.Contains("<h1>Log in</h1>", StringComparison.Ordinal) ? await SendAsync(address, ("user", user))
                : page.Contains("<h1>Allow access</h1>", StringComparison.Ordinal) ? await SendAsync(address, refuses ? [("refuse", "yes")] : [])
                : throw new InvalidOperationException(page);
        }

        LeakWatch.Secrets.Add(HttpUtility.ParseQueryString(address.Query)["code"], SecretKind.ProviderToken);
        return address;
    }

    /// <summary>Enters the code of a device, logs in and allows the access.</summary>
    public async Task AllowDeviceAsync(Uri verification, string code)
    {
        var (address, page) = await OpenAsync(verification);
        (address, page) = await SendAsync(new Uri(provider.Issuer + "/device"), ("xsrf", TokenOf(page!)), ("user_code", code));
        (address, page) = await SendAsync(address, ("xsrf", TokenOf(page!)), ("user_code", code), ("confirm", "yes"));
        (address, page) = await SendAsync(address, ("user", user));
        (_, page) = await SendAsync(address);
        Assert.Contains("The device is logged in", page, StringComparison.Ordinal);
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private static string TokenOf(string page) => FormToken().Match(page).Groups[1].Value;

    private Task<(Uri Address, string? Page)> OpenAsync(Uri address) => FollowAsync(new HttpRequestMessage(HttpMethod.Get, address));

    private Task<(Uri Address, string? Page)> SendAsync(Uri address, params (string Name, string Value)[] fields) =>
        FollowAsync(
            new HttpRequestMessage(HttpMethod.Post, address)
            {
                Content = new FormUrlEncodedContent(fields.Select(static field => KeyValuePair.Create(field.Name, field.Value))),
            }
        );

    // Returns the page where the redirects end, or the address without a page when it is not the provider's.
    private async Task<(Uri Address, string? Page)> FollowAsync(HttpRequestMessage request)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using (request)
        {
            using var response = await _http.SendAsync(request, cancellation);
            if (response.Headers.Location is not { } location)
            {
                return (request.RequestUri!, await response.Content.ReadAsStringAsync(cancellation));
            }

            var next = new Uri(request.RequestUri!, location);
            return next.ToString().StartsWith(provider.Issuer + "/", StringComparison.Ordinal) ? await OpenAsync(next) : (next, null);
        }
    }

    [GeneratedRegex("name=\"xsrf\" value=\"([^\"]+)\"")]
    private static partial Regex FormToken();
}
