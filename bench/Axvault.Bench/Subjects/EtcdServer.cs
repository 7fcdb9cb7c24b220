using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Axvault.Bench.Load;

namespace Axvault.Bench.Subjects;

/// <summary>etcd with authentication: a peer that stores a value under a name, and neither audits nor decrypts.</summary>
internal sealed class EtcdServer : IAsyncDisposable
{
    private const string Key = "bench.1";
    private const string Password = "of-the-benchmark";

    private readonly DirectoryInfo _folder;
    private readonly BenchProcess _process;
    private readonly string _token;

    private EtcdServer(DirectoryInfo folder, BenchProcess process, string token) => (_folder, _process, _token) = (folder, process, token);

    /// <summary>Starts an etcd with a value of <paramref name="bytes"/> bytes, and with authentication.</summary>
    public static async Task<EtcdServer> StartAsync(int bytes)
    {
        var folder = Directory.CreateTempSubdirectory("axvault-bench-etcd-");
        var process = await BenchProcess.StartAsync(
            port => new ProcessStartInfo(
                "etcd",
                [
                    "--data-dir",
                    folder.FullName,
                    "--log-level",
                    "error",
                    "--listen-client-urls",
                    $"http://127.0.0.1:{port}",
                    "--advertise-client-urls",
                    $"http://127.0.0.1:{port}",
                    // Any free port for peers, of which there are none.
                    "--listen-peer-urls",
                    "http://127.0.0.1:0",
                ]
            ),
            "/health"
        );
        using var http = new HttpClient { BaseAddress = process.Address };
        await PostAsync(http, "/v3/kv/put", new() { ["key"] = Base64(Key), ["value"] = Base64(new string('x', bytes)) });
        await PostAsync(http, "/v3/auth/user/add", new() { ["name"] = "root", ["password"] = Password });
        await PostAsync(http, "/v3/auth/user/grant", new() { ["user"] = "root", ["role"] = "root" });
        await PostAsync(http, "/v3/auth/enable", []);
        var answer = await PostAsync(http, "/v3/auth/authenticate", new() { ["name"] = "root", ["password"] = Password });
        return new EtcdServer(folder, process, answer.GetProperty("token").GetString()!);
    }

    /// <summary>Reads the value, authenticated.</summary>
    public Task<LoadResult> ReadAsync(int connections, int seconds) =>
        Wrk.RunAsync(
            new Uri(_process.Address, "/v3/kv/range"),
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""
                wrk.method = "POST"
                wrk.headers["Authorization"] = "{{_token}}"
                wrk.headers["Content-Type"] = "application/json"
                wrk.body = '{"key":"{{Base64(Key)}}"}'
                """
            ),
            connections,
            seconds
        );

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static async Task<JsonElement> PostAsync(HttpClient http, string path, Dictionary<string, string> body)
    {
        using var response = (await http.PostAsJsonAsync(path, body)).EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
