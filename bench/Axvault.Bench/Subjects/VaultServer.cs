using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Axvault.Api.Keys;
using Axvault.Bench.Load;

namespace Axvault.Bench.Subjects;

/// <summary>An Axvault server, with the first key of its vault.</summary>
internal sealed partial class VaultServer : IAsyncDisposable
{
    /// <summary>The encryption key of every vault of the benchmark.</summary>
    public const string EncryptionKey = "the-encryption-key-of-the-benchmark-0123456789";

    /// <summary>A well-formed secret that belongs to no key.</summary>
    public static readonly string UnknownSecret = ApiKeySecret.Create().Reveal();

    private readonly BenchProcess _process;

    private VaultServer(BenchProcess process, string secret) => (_process, Secret) = (process, secret);

    /// <summary>The process of the server.</summary>
    public BenchProcess Process => _process;

    /// <summary>The secret of the first key, which may do everything.</summary>
    public string Secret { get; }

    /// <summary>Starts a server with default settings, except for the log and the rate limits.</summary>
    /// <param name="command">The program, and the arguments before its flags.</param>
    /// <param name="connectionString">The connection string of its database.</param>
    /// <param name="secret">The secret of the first key, when the vault already exists.</param>
    /// <param name="variables">Further settings.</param>
    public static async Task<VaultServer> StartAsync(
        string[] command,
        string connectionString,
        string? secret = null,
        params (string Name, string Value)[] variables
    )
    {
        var found = new TaskCompletionSource<string>();
        if (secret is not null)
        {
            found.SetResult(secret);
        }

        var process = await BenchProcess.StartAsync(
            port =>
            {
                var start = new ProcessStartInfo(command[0], [.. command[1..], "--port", port.ToString(CultureInfo.InvariantCulture), "--log-level", "warn"]);
                start.Environment["AXVAULT_DATABASE_URL"] = connectionString;
                start.Environment["AXVAULT_ENCRYPTION_KEY"] = EncryptionKey;
                // The load uses one key from one address, at full speed.
                start.Environment["AXVAULT_RATE_LIMIT_KEY"] = "0";
                start.Environment["AXVAULT_RATE_LIMIT_ADDRESS"] = "0";
                start.Environment["AXVAULT_AUTH_FAILURE_LIMIT"] = "0";
                foreach (var (name, value) in variables)
                {
                    start.Environment[name] = value;
                }

                return start;
            },
            "/health",
            line =>
            {
                if (SecretPattern().Match(line) is { Success: true } match)
                {
                    found.TrySetResult(match.Value);
                }
            }
        );
        return new VaultServer(process, await found.Task.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    /// <summary>Stores a credential with a value of <paramref name="bytes"/> bytes.</summary>
    public Task PutAsync(string name, int bytes) => PutAsync(name, $$"""{"type":"api-key","data":{"value":"{{new string('x', bytes)}}"} }""");

    /// <summary>Stores a login whose access token has expired, with a refresh token of <paramref name="provider"/>.</summary>
    public Task PutExpiredAsync(string name, string provider) =>
        PutAsync(
            name,
            $$"""
            {"type":"oauth-credentials","provider":"{{provider}}","data":{
            "access_token":"access-{{new string('x', 500)}}","refresh_token":"refresh-{{name}}-{{new string('x', 400)}}","expires_at":1700000000} }
            """
        );

    /// <summary>Puts <paramref name="json"/> at <paramref name="path"/>, below the base of the API.</summary>
    public async Task PutJsonAsync(string path, string json)
    {
        using var http = Client();
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = (await http.PutAsync(new Uri($"/api/v1/{path}", UriKind.Relative), body)).EnsureSuccessStatusCode();
    }

    /// <summary>Creates a key with <paramref name="name"/> in the list <paramref name="access"/> alone, and returns its secret.</summary>
    public async Task<string> CreateKeyAsync(string name, string access = "readAccess")
    {
        using var http = Client();
        using var body = new StringContent($$"""{"name":"bench","{{access}}":["{{name}}"]}""", Encoding.UTF8, "application/json");
        using var response = (await http.PostAsync(new Uri("/api/v1/keys", UriKind.Relative), body)).EnsureSuccessStatusCode();
        return SecretPattern().Match(await response.Content.ReadAsStringAsync()).Value;
    }

    /// <summary>Lists all credentials in one answer.</summary>
    /// <returns>The length of the answer in bytes, the peak memory of the server in MiB, and the duration.</returns>
    public async Task<(long Bytes, double Peak, TimeSpan Took)> ListAllAsync()
    {
        using var http = Client();
        var clock = Stopwatch.StartNew();
        using var response = (
            await http.GetAsync(new Uri("/api/v1/credentials", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead)
        ).EnsureSuccessStatusCode();
        await using var body = await response.Content.ReadAsStreamAsync();
        var (bytes, peak, buffer) = (0L, _process.ResidentMebibytes, new byte[64 * 1024]);
        for (int read; (read = await body.ReadAsync(buffer)) > 0; bytes += read)
        {
            peak = Math.Max(peak, _process.ResidentMebibytes);
        }

        return (bytes, peak, clock.Elapsed);
    }

    /// <summary>Reads <paramref name="path"/> with <paramref name="secret"/>, or with the first key.</summary>
    public Task<LoadResult> ReadAsync(string path, int connections, int seconds, string? secret = null, bool mayFail = false) =>
        Wrk.RunAsync(new Uri(_process.Address, path), Header(secret ?? Secret), connections, seconds, mayFail);

    /// <summary>Signs in to the console with the first key.</summary>
    /// <returns>The cookie of the session.</returns>
    public async Task<string> SignInAsync()
    {
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = _process.Address };
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("key", Secret)]);
        using var response = await http.PostAsync(new Uri("/console/sign-in", UriKind.Relative), form);
        return response.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
    }

    /// <summary>Loads the page of the console at <paramref name="path"/> with the cookie <paramref name="session"/>.</summary>
    public Task<LoadResult> ReadPageAsync(string path, string session, int connections, int seconds) =>
        Wrk.RunAsync(new Uri(_process.Address, path), $"wrk.headers[\"Cookie\"] = \"{session}\"", connections, seconds);

    /// <summary>Reads random credentials out of <paramref name="count"/> of the <see cref="Seed"/>.</summary>
    public Task<LoadResult> ReadAnyAsync(int count, int connections, int seconds) => ReadAnyAsync(Seed.Prefix, count, connections, seconds);

    /// <summary>Reads random credentials named <paramref name="prefix"/> and a number from 1 to <paramref name="count"/>.</summary>
    public Task<LoadResult> ReadAnyAsync(string prefix, int count, int connections, int seconds) =>
        Wrk.RunAsync(
            _process.Address,
            $$"""
            {{Header(Secret)}}
            math.randomseed({{Random.Shared.Next()}})
            request = function() return wrk.format("GET", "/api/v1/credentials/{{prefix}}" .. math.random(1, {{count}})) end
            """,
            connections,
            seconds
        );

    /// <summary>Puts credentials of 1 KiB with random names.</summary>
    public Task<LoadResult> PutAnyAsync(int connections, int seconds) =>
        Wrk.RunAsync(
            _process.Address,
            $$$"""
            {{{Header(Secret)}}}
            wrk.headers["Content-Type"] = "application/json"
            local body = '{"type":"api-key","data":{"value":"' .. string.rep("x", 1000) .. '"}}'
            math.randomseed({{{Random.Shared.Next()}}})
            request = function() return wrk.format("PUT", "/api/v1/credentials/put." .. math.random(1, 1000000000), nil, body) end
            """,
            connections,
            seconds
        );

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private Task PutAsync(string name, string json) => PutJsonAsync($"credentials/{name}", json);

    private HttpClient Client()
    {
        var http = new HttpClient { BaseAddress = _process.Address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Secret);
        return http;
    }

    private static string Header(string secret) => $"wrk.headers[\"Authorization\"] = \"Bearer {secret}\"";

    [GeneratedRegex("axv_sk_[A-Za-z0-9_-]+")]
    private static partial Regex SecretPattern();
}
