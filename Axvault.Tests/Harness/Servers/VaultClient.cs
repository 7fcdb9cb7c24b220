using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Axvault.Tests.Harness.Leaks;

namespace Axvault.Tests.Harness.Servers;

/// <summary>
/// A client of one server, with one API key. It sends requests exactly as given, valid or not. Every request ends in bounded time, and every
/// answer is checked against the committed OpenAPI document.
/// </summary>
public sealed class VaultClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly X509Certificate2? _root;

    /// <summary>Creates a client of the server at <paramref name="address"/>.</summary>
    /// <param name="address">The address of the server.</param>
    /// <param name="secret">The secret of the API key; <see langword="null"/> for none.</param>
    /// <param name="root">The root certificate to trust, when the server speaks HTTPS.</param>
    public VaultClient(Uri address, string? secret, X509Certificate2? root = null)
    {
        (Secret, _root) = (secret, root);
        LeakWatch.Secrets.Add(secret, SecretKind.SentKey);
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                UseProxy = false,
                AllowAutoRedirect = false,
                SslOptions = Trust(root),
            }
        )
        {
            BaseAddress = address,
            Timeout = TimeSpan.FromSeconds(45),
        };
        if (secret is not null)
        {
            _http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {secret}");
        }
    }

    /// <summary>The secret of the API key.</summary>
    public string? Secret { get; }

    /// <summary>
    /// <see langword="true"/> when the client calls the API, whose answers are checked against the document; <see langword="false"/> for another
    /// port.
    /// </summary>
    public bool IsOfTheApi { get; init; } = true;

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    /// <summary>Sends a GET with one more header, exactly as given.</summary>
    public Task<Answer> GetAsync(string path, string header, string value) =>
        SendAsync(HttpMethod.Get, path, headers: headers => headers.TryAddWithoutValidation(header, value));

    public Task<Answer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path);

    public Task<Answer> PutAsync(string path, string json)
    {
        LeakWatch.Secrets.AddDataOf(json);
        return SendAsync(HttpMethod.Put, path, Json(json));
    }

    public Task<Answer> PutAsync(string path, object body) => PutAsync(path, JsonSerializer.Serialize(body));

    public Task<Answer> PostAsync(string path, string json) => SendAsync(HttpMethod.Post, path, Json(json));

    public Task<Answer> PostAsync(string path, object body) => PostAsync(path, JsonSerializer.Serialize(body));

    public Task<Answer> PatchAsync(string path, string json) => SendAsync(HttpMethod.Patch, path, Json(json));

    public Task<Answer> PatchAsync(string path, object body) => PatchAsync(path, JsonSerializer.Serialize(body));

    public async Task<Answer> SendAsync(HttpMethod method, string path, HttpContent? content = null, Action<HttpRequestHeaders>? headers = null)
    {
        // Sends the path exactly as given. By default, the client would correct paths that the server must refuse.
        var target = new Uri(
            $"{_http.BaseAddress!.GetLeftPart(UriPartial.Authority)}{(path.StartsWith('/') ? path : $"/api/v1/{path}")}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
        );
        using var request = new HttpRequestMessage(method, target) { Content = content };
        headers?.Invoke(request.Headers);
        using var response = await _http.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        var answer = new Answer(response, body);
        if (answer.ContentType == "application/problem+json")
        {
            LeakWatch.Emissions.Append(EmissionChannel.Problem, LeakWatch.CurrentTest, body);
        }
        else if (method == HttpMethod.Post)
        {
            LeakWatch.Secrets.AddKeysOf(answer.Text, SecretKind.CreatedKey);
        }

        if (IsOfTheApi)
        {
            ApiContract.Committed.Check(method, target.AbsolutePath, answer);
        }

        return answer;
    }

    /// <summary>Returns the status of a GET, or <see langword="null"/> when there was no answer.</summary>
    public async Task<HttpStatusCode?> TryGetStatusAsync(string path)
    {
        try
        {
            return (await GetAsync(path)).Status;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    /// <summary>Puts an API key credential.</summary>
    public Task<Answer> PutCredentialAsync(string name, string data = """{"apiKey":"sk-1"}""") =>
        PutAsync($"credentials/{name}", $$"""{"type":"api-key","data":{{data}}}""");

    /// <summary>Creates an API key, and returns its id and secret.</summary>
    public async Task<CreatedKey> CreateKeyAsync(string[]? read = null, string[]? write = null, string[]? grant = null, string name = "a key")
    {
        var answer = await PostAsync(
            "keys",
            new
            {
                name,
                readAccess = read ?? [],
                writeAccess = write ?? [],
                grantAccess = grant ?? [],
            }
        );
        answer.Is(HttpStatusCode.Created);
        return new CreatedKey(answer.Json.GetProperty("id").GetString()!, answer.Json.GetProperty("secret").GetString()!);
    }

    /// <summary>Returns a client of the same server with another API key.</summary>
    public VaultClient With(string? secret) => new(_http.BaseAddress!, secret, _root) { IsOfTheApi = IsOfTheApi };

    /// <summary>Creates an API key, and returns a client with it.</summary>
    public async Task<VaultClient> WithNewKeyAsync(string[]? read = null, string[]? write = null, string[]? grant = null) =>
        With((await CreateKeyAsync(read, write, grant)).Secret);

    public void Dispose() => _http.Dispose();

    private static SslClientAuthenticationOptions Trust(X509Certificate2? root) =>
        root is null
            ? new()
            : new()
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { root },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            };

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");
}

/// <summary>An API key created by a test.</summary>
public sealed record CreatedKey(string Id, string Secret);
