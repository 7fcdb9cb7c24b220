using System.Net;
using System.Text.RegularExpressions;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>A browser without scripts, as a server sees it: it keeps cookies, names its origin, and sends the form token of its session.</summary>
public sealed partial class PlainBrowser : IDisposable
{
    private readonly HttpClient _http;
    private string? _formToken;

    /// <summary>Opens a browser at a server.</summary>
    /// <param name="server">The server.</param>
    /// <param name="headers">Further headers of each request, as a proxy adds them.</param>
    public PlainBrowser(VaultServer server, params (string Name, string Value)[] headers)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false })
        {
            BaseAddress = server.Address,
            Timeout = TimeSpan.FromSeconds(45),
        };
        Origin = server.Address.GetLeftPart(UriPartial.Authority);
        foreach (var (name, value) in headers)
        {
            _http.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        }
    }

    /// <summary>The cookies.</summary>
    public Dictionary<string, string> Cookies { get; } = [];

    /// <summary>The origin of the pages.</summary>
    public string Origin { get; init; }

    /// <summary>The text of the one cookie.</summary>
    public string Cookie
    {
        get => Assert.Single(Cookies).Value;
        set => Cookies[Assert.Single(Cookies).Key] = value;
    }

    /// <summary>Opens a browser, and signs in.</summary>
    public static async Task<PlainBrowser> SignInAsync(VaultServer server, string? secret, params (string Name, string Value)[] headers)
    {
        var browser = new PlainBrowser(server, headers);
        (await browser.PostAsync("/console/sign-in", [("key", secret!)])).Is(HttpStatusCode.SeeOther);
        return browser;
    }

    /// <summary>Makes a key, and signs in with it.</summary>
    public static async Task<PlainBrowser> SignInWithNewKeyAsync(VaultFixture vault, string[]? read = null, string[]? write = null, string[]? grant = null) =>
        await SignInAsync(vault.Server, (await vault.Admin.CreateKeyAsync(read, write, grant)).Secret);

    /// <summary>Loads a page.</summary>
    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    /// <summary>Sends a form with the token of the session.</summary>
    public async Task<Answer> PostFormAsync(string path, params (string Name, string Value)[] fields) =>
        await PostAsync(path, [.. fields, ("form-token", await FormTokenAsync())]);

    /// <summary>Sends a form with a chosen file and the token of the session.</summary>
    public async Task<Answer> PostFileAsync(string path, string file, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent { { new StringContent(file), "file", "login.json" } };
        foreach (var (name, value) in fields)
        {
            form.Add(new StringContent(value), name);
        }

        form.Add(new StringContent(await FormTokenAsync()), "form-token");
        return await SendAsync(HttpMethod.Post, path, form, [("Origin", Origin)]);
    }

    /// <summary>Sends a form exactly as given, with the origin of the pages unless <paramref name="headers"/> have one.</summary>
    public Task<Answer> PostAsync(string path, (string Name, string Value)[] fields, params (string Name, string Value)[] headers)
    {
        var form = new FormUrlEncodedContent(fields.Select(static field => KeyValuePair.Create(field.Name, field.Value)));
        return SendAsync(HttpMethod.Post, path, form, headers.Any(static header => header.Name == "Origin") ? headers : [.. headers, ("Origin", Origin)]);
    }

    /// <summary>Sends any body with the origin of the pages.</summary>
    public Task<Answer> PostContentAsync(string path, HttpContent content) => SendAsync(HttpMethod.Post, path, content, [("Origin", Origin)]);

    /// <summary>Sends a form with the token of the session, and returns the answer when its head is there.</summary>
    public async Task<HttpResponseMessage> BeginFormAsync(string path, params (string Name, string Value)[] fields)
    {
        var all = fields.Append(("form-token", await FormTokenAsync())).Select(static field => KeyValuePair.Create(field.Item1, field.Item2));
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(all) };
        request.Headers.Add("Origin", Origin);
        request.Headers.Add("Cookie", string.Join("; ", Cookies.Select(static cookie => $"{cookie.Key}={cookie.Value}")));
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    /// <summary>Returns the form token of the session. The page of this form needs no right.</summary>
    public async Task<string> FormTokenAsync() =>
        _formToken ??= FieldOf((await GetAsync("/console/keys/new")).Is(HttpStatusCode.OK), "form-token");

    /// <summary>Returns the value of the hidden field <paramref name="name"/> in a page.</summary>
    public static string FieldOf(Answer page, string name) =>
        HiddenField().Matches(page.Text).First(match => match.Groups[1].Value == name).Groups[2].Value;

    /// <summary>Asserts that an answer leads to the sign-in, and back to <paramref name="path"/> after it.</summary>
    public static void LeadsToSignIn(Answer answer, string path)
    {
        answer.Is(HttpStatusCode.SeeOther);
        Assert.Equal($"/console/sign-in?to={Uri.EscapeDataString(path)}", answer.Headers["Location"]);
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    private async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content, (string Name, string Value)[] headers)
    {
        // Sends the path exactly as given. By default, the client would correct it.
        var target = new Uri(
            _http.BaseAddress!.GetLeftPart(UriPartial.Authority) + path,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
        );
        using var request = new HttpRequestMessage(method, target) { Content = content };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (Cookies.Count > 0)
        {
            request.Headers.Add("Cookie", string.Join("; ", Cookies.Select(static cookie => $"{cookie.Key}={cookie.Value}")));
        }

        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var answer = new Answer(response, await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Keep(response.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : []);
        if (method == HttpMethod.Post)
        {
            LeakWatch.Secrets.AddKeysOf(answer.Text, SecretKind.CreatedKey);
        }

        return answer;
    }

    private void Keep(IEnumerable<string> cookies)
    {
        foreach (var match in cookies.Select(static cookie => SetCookie().Match(cookie)))
        {
            Assert.True(match.Success);
            if (match.Groups["value"].Length == 0)
            {
                Cookies.Remove(match.Groups["name"].Value);
            }
            else
            {
                Cookies[match.Groups["name"].Value] = match.Groups["value"].Value;
            }
        }
    }

    [GeneratedRegex("<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\">")]
    private static partial Regex HiddenField();

    [GeneratedRegex("^(?<name>[^=]+)=(?<value>[^;]*)")]
    private static partial Regex SetCookie();
}
