using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Axvault.AppHost.EmbeddedPostgres;
using Npgsql;

namespace Axvault.Bench;

/// <summary>What the audit entry of a read costs: the same read, on the same PostgreSQL, with its entry and without, by turns.</summary>
internal static partial class AuditBench
{
    private const int Rounds = 5;
    private const int Seconds = 6;
    private const string Key = "the-encryption-key-of-the-benchmark-0123456789";

    private static readonly int[] Concurrencies = [1, 32, 256];

    /// <summary>Runs it, and prints a table of medians.</summary>
    public static async Task<int> RunAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"axvault-bench-{Guid.NewGuid():N}"));
        try
        {
            var binaries = await PostgresBinaries.InstallAsync(ClusterFolder.StateFolder(), Console.Error.WriteLine, CancellationToken.None);
            await using var postgres = new PostgresCluster(binaries, new ClusterFolder(Path.Combine(folder.FullName, "postgres")), static _ => { });
            await postgres.StartAsync(CancellationToken.None);
            var api = Path.Combine(AppContext.BaseDirectory, "axvault.dll");
            var bench = Path.Combine(AppContext.BaseDirectory, "Axvault.Bench.dll");
            await using var audited = await BenchServer.StartAsync([api, "serve"], await CreateDatabaseAsync(postgres, "audited"), Key);
            await using var unaudited = await BenchServer.StartAsync([bench, UnauditedServer.Command], await CreateDatabaseAsync(postgres, "unaudited"), Key);
            await audited.PutAsync();
            await unaudited.PutAsync();

            Console.WriteLine("GET of one credential of 1 KiB: requests a second, p50 and p99 in ms; medians of 5, by turns");
            Console.WriteLine("connections | with audit: req/s   p50    p99 | without: req/s   p50    p99 | throughput, with / without");
            foreach (var connections in Concurrencies)
            {
                List<Load> with = [], without = [];
                await audited.LoadAsync(connections, seconds: 3);
                await unaudited.LoadAsync(connections, seconds: 3);
                for (var round = 0; round < Rounds; round++)
                {
                    with.Add(await audited.LoadAsync(connections, Seconds));
                    without.Add(await unaudited.LoadAsync(connections, Seconds));
                }

                var ratio = Median(with.Zip(without, static (one, other) => one.Rate / other.Rate));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{connections,11} | {Row(with)} | {Row(without)} | {ratio:0.00}"));
            }

            return 0;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static string Row(List<Load> loads) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Median(loads.Select(static load => load.Rate)),12:0} {Median(loads.Select(static load => load.P50)),6:0.00} {Median(loads.Select(static load => load.P99)),6:0.00}");

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private static async Task<string> CreateDatabaseAsync(PostgresCluster postgres, string name)
    {
        await using var connection = new NpgsqlConnection(postgres.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"create database {name}", connection);
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Database = name, MaxPoolSize = 20 }.ConnectionString;
    }

    private sealed record Load(double Rate, double P50, double P99);

    private sealed partial class BenchServer : IAsyncDisposable
    {
        private readonly Process _process;
        private readonly Uri _address;
        private readonly TaskCompletionSource<string> _secret = new();
        private string? _adminSecret;

        private BenchServer(ProcessStartInfo start, Uri address)
        {
            _address = address;
            _process = new Process { StartInfo = start };
            _process.ErrorDataReceived += (_, line) =>
            {
                if (Secret().Match(line.Data ?? "") is { Success: true } match)
                {
                    _secret.TrySetResult(match.Value);
                }
            };
            _process.OutputDataReceived += static (_, _) => { };
            _process.Start();
            _process.BeginErrorReadLine();
            _process.BeginOutputReadLine();
        }

        public static async Task<BenchServer> StartAsync(string[] command, string connectionString, string key)
        {
            var port = FreePort();
            var start = new ProcessStartInfo("dotnet", [.. command, "--port", port.ToString(CultureInfo.InvariantCulture), "--log-level", "warn"]) { RedirectStandardError = true, RedirectStandardOutput = true };
            start.Environment["AXVAULT_DATABASE_URL"] = connectionString;
            start.Environment["AXVAULT_ENCRYPTION_KEY"] = key;
            var server = new BenchServer(start, new Uri($"http://127.0.0.1:{port}"));
            server._adminSecret = await server._secret.Task.WaitAsync(TimeSpan.FromMinutes(1));
            using var http = new HttpClient();
            while (await StatusAsync(http, server._address) != HttpStatusCode.OK)
            {
                await Task.Delay(50);
            }

            return server;
        }

        public async Task PutAsync()
        {
            using var http = new HttpClient { BaseAddress = _address };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", _adminSecret);
            using var body = new StringContent($$"""{"type":"api-key","data":{"value":"{{new string('x', 1000)}}"} }""", Encoding.UTF8, "application/json");
            (await http.PutAsync(new Uri("/api/v1/credentials/bench", UriKind.Relative), body)).EnsureSuccessStatusCode();
        }

        // wrk reads the header from a script: a secret does not go on a command line.
        public async Task<Load> LoadAsync(int connections, int seconds)
        {
            var script = Path.GetTempFileName();
            try
            {
                await File.WriteAllTextAsync(script, $"wrk.headers[\"Authorization\"] = \"Bearer {_adminSecret}\"");
                var start = new ProcessStartInfo(
                    "wrk", ["-t1", $"-c{connections}", $"-d{seconds}s", "--latency", "-s", script, new Uri(_address, "/api/v1/credentials/bench").AbsoluteUri])
                { RedirectStandardOutput = true };
                using var wrk = Process.Start(start)!;
                var output = await wrk.StandardOutput.ReadToEndAsync();
                await wrk.WaitForExitAsync();
                if (wrk.ExitCode != 0 || output.Contains("Non-2xx", StringComparison.Ordinal) || !output.Contains("Requests/sec", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException($"The load did not go through: {output}");
                }

                return new Load(double.Parse(Rate().Match(output).Groups[1].Value, CultureInfo.InvariantCulture), Milliseconds(P50().Match(output)), Milliseconds(P99().Match(output)));
            }
            finally
            {
                File.Delete(script);
            }
        }

        public async ValueTask DisposeAsync()
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }

        private static double Milliseconds(Match match) =>
            double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) * (match.Groups[2].Value switch { "us" => 0.001, "ms" => 1, _ => 1000 });

        private static async Task<HttpStatusCode?> StatusAsync(HttpClient http, Uri address)
        {
            try
            {
                using var response = await http.GetAsync(new Uri(address, "/health"));
                return response.StatusCode;
            }
            catch (HttpRequestException)
            {
                return null;
            }
        }

        private static int FreePort()
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            return ((IPEndPoint)listener.LocalEndpoint).Port;
        }

        [GeneratedRegex("axv_sk_[A-Za-z0-9_-]+")]
        private static partial Regex Secret();

        [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
        private static partial Regex Rate();

        [GeneratedRegex(@"50%\s+([0-9.]+)(us|ms|s)")]
        private static partial Regex P50();

        [GeneratedRegex(@"99%\s+([0-9.]+)(us|ms|s)")]
        private static partial Regex P99();
    }
}
