using System.Net;
using Axvault.Tests.Provider;

namespace Axvault.Tests.Harness.Provider;

/// <summary>A person with a browser at the provider.</summary>
internal sealed class ProviderPerson : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(45) };

    /// <summary>Logs in at an authorization endpoint, and returns the address to which the browser is sent.</summary>
    public async Task<Uri> LogInAsync(string authorizationUri)
    {
        using var answer = await _http.GetAsync(new Uri(authorizationUri), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return answer.Headers.Location!;
    }

    /// <summary>Decides about the device code of a page.</summary>
    public async Task DecideAsync(string verificationUri, string userCode, bool allow)
    {
        var page = new Uri(verificationUri);
        Assert.EndsWith(ProviderClients.VerifyPath, page.AbsolutePath, StringComparison.Ordinal);
        using var form = new FormUrlEncodedContent([new("user_code", userCode), new("decision", allow ? "allow" : "deny")]);
        using var answer = await _http.PostAsync(page, form, TestContext.Current.CancellationToken);
        Assert.Equal((HttpStatusCode.Redirect, ProviderClients.VerifyPath), (answer.StatusCode, answer.Headers.Location?.OriginalString));
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();
}
