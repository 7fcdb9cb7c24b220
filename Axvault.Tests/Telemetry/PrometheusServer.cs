using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Telemetry;

/// <summary>A real Prometheus with the configuration and rules of the folder deploy. The program must be installed.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly TestFolder _folder;
    private readonly Process _process;
    private readonly HttpClient _http;

    private PrometheusServer(TestFolder folder, Process process, int port)
    {
        (_folder, _process) = (folder, process);
        _http = new HttpClient
        {
            BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/api/v1/")),
            Timeout = TimeSpan.FromSeconds(20),
        };
    }

    /// <summary>Starts a Prometheus that scrapes 127.0.0.1:<paramref name="target"/> every second.</summary>
    public static async Task<PrometheusServer> StartAsync(int target)
    {
        var folder = new TestFolder();
        foreach (var file in Directory.EnumerateFiles(Deployment.PrometheusFolder, "*.yml"))
        {
            var text = (await File.ReadAllTextAsync(file))
                .Replace("127.0.0.1:9464", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{target}"), StringComparison.Ordinal)
                .Replace("_interval: 15s", "_interval: 1s", StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(folder.Path, Path.GetFileName(file)), text);
        }

        var port = FreePort.Next();
        var start = new ProcessStartInfo(
            "prometheus",
            [
                $"--config.file={Path.Combine(folder.Path, "prometheus.yml")}",
                $"--storage.tsdb.path={Path.Combine(folder.Path, "data")}",
                string.Create(CultureInfo.InvariantCulture, $"--web.listen-address=127.0.0.1:{port}"),
                "--log.level=error",
            ]
        )
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new PrometheusServer(folder, process, port);
        try
        {
            await Until.HoldsAsync(server.ScrapesAsync, "Prometheus scrapes");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Returns the current samples of a query. Fails the test when the query cannot be evaluated.</summary>
    public async Task<IReadOnlyList<JsonElement>> QueryAsync(string query)
    {
        var answer = await GetAsync($"query?query={Uri.EscapeDataString(query)}");
        Assert.True(answer.GetProperty("status").GetString() == "success", $"{query}\n{answer}");
        return [.. answer.GetProperty("data").GetProperty("result").EnumerateArray()];
    }

    /// <summary>Returns the scraped values of a label.</summary>
    public async Task<IReadOnlyList<string>> ValuesAsync(string label) => Strings(await GetAsync($"label/{label}/values"));

    /// <summary>Returns the names of all scraped labels.</summary>
    public async Task<IReadOnlyList<string>> LabelsAsync() => Strings(await GetAsync("labels"));

    /// <summary>Returns the alerts, with their health and the error of their last evaluation.</summary>
    public async Task<IReadOnlyList<JsonElement>> RulesAsync() =>
        [
            .. (await GetAsync("rules"))
                .GetProperty("data")
                .GetProperty("groups")
                .EnumerateArray()
                .SelectMany(static group => group.GetProperty("rules").EnumerateArray()),
        ];

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        Signal.Send(_process.Id, Signal.Kill);
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Until.Limit, CancellationToken.None);
        _process.Dispose();
        _http.Dispose();
        _folder.Dispose();
    }

    private static string[] Strings(JsonElement answer) => [.. answer.GetProperty("data").EnumerateArray().Select(static value => value.GetString()!)];

    private async Task<bool> ScrapesAsync()
    {
        Assert.False(_process.HasExited, "Prometheus ended.");
        try
        {
            return (await QueryAsync("up == 1")).Count > 0;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        using var response = await _http.GetAsync(path, TestContext.Current.CancellationToken);
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            throw new HttpRequestException("Prometheus is starting.");
        }

        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        return document.RootElement.Clone();
    }
}
