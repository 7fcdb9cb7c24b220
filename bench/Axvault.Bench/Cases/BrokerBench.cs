using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Axvault.Bench.Floors;
using Axvault.Bench.Load;
using Axvault.Bench.Subjects;

namespace Axvault.Bench.Cases;

/// <summary>Calls through the broker, each with two audit entries, compared with bare YARP in front of the same upstream on loopback.</summary>
internal static class BrokerBench
{
    private const string Bare = "bare YARP";
    private const string Broker = "broker";
    private const string Path = "/broker/bench/v1/messages";
    private const int Streams = 100;
    private const int EventsOfStream = 60;
    private const int IdleStreams = 500;
    private const int BodyBytes = 32 * 1024 * 1024;

    /// <summary>Runs the benchmark, and prints its tables.</summary>
    public static async Task RunAsync(Comparison comparison)
    {
        var program = await ServerBuild.Native.PublishAsync();
        await using var postgres = await BenchPostgres.StartAsync();
        await using var upstream = await StartAsync(FloorUpstream.Command);
        await using var bare = await StartAsync(FloorForwarder.Command, upstream.Address.AbsoluteUri.TrimEnd('/'));
        await using var server = await VaultServer.StartAsync(
            [program, "serve"],
            await postgres.CreateDatabaseAsync("axvault"),
            secret: null,
            ("AXVAULT_UPSTREAM_ANTHROPIC_URL", upstream.Address.AbsoluteUri.TrimEnd('/'))
        );
        await server.PutJsonAsync("credentials/bench", """{"type":"api-key","provider":"anthropic","data":{"apiKey":"sk-bench"}}""");
        var key = await server.CreateKeyAsync("bench", "useAccess");

        await CompareAsync(comparison, bare.Address, server.Process.Address, key);
        using var direct = Client(bare.Address, key);
        using var brokered = Client(server.Process.Address, key);
        var (bareDelay, delay) = (await DelayAsync(direct), await DelayAsync(brokered));
        Console.WriteLine(Text($"delay of an event, {Streams} streams, p99: {Bare} {bareDelay:0.00} ms, {Broker} {delay:0.00} ms"));
        // A key has at most 512 calls under way, and the streams of the first may not all have ended.
        using var other = Client(server.Process.Address, await server.CreateKeyAsync("bench", "useAccess"));
        await MeasureIdleAsync(server.Process, other);
        using var last = Client(server.Process.Address, await server.CreateKeyAsync("bench", "useAccess"));
        await MeasureBodyAsync(server.Process, last);
    }

    private static async Task CompareAsync(Comparison comparison, Uri bare, Uri broker, string key)
    {
        var script = $$"""
            wrk.method = "POST"
            wrk.headers["x-api-key"] = "{{key}}"
            wrk.headers["Content-Type"] = "application/json"
            wrk.body = '{"model":"bench","messages":[],"pad":"' .. string.rep("x", 1000) .. '"}'
            """;
        Console.WriteLine($"POST of 1 KiB; medians of {comparison.Rounds} rounds of {comparison.Seconds} s, in turn");
        Console.WriteLine("connections            |   req/s       p50      p99    p99.9 ms | rate / bare   p99 / bare");
        foreach (var connections in new[] { 1, 32 })
        {
            var loads = await comparison.RunAsync([
                (Bare, seconds => Wrk.RunAsync(new Uri(bare, Path), script, connections, seconds)),
                (Broker, seconds => Wrk.RunAsync(new Uri(broker, Path), script, connections, seconds)),
            ]);
            foreach (var (name, results) in loads)
            {
                var rate = Comparison.Ratio(results, loads[Bare], static load => load.Rate);
                var p99 = Comparison.Ratio(results, loads[Bare], static load => load.P99);
                Console.WriteLine(Text($"{connections,11} {name,-10} | {LoadResult.Median(results)} | {rate:0.000} {p99,12:0.0}"));
            }
        }
    }

    // An event carries the time at which it was sent, by the clock that all processes of the machine share.
    private static async Task<double> DelayAsync(HttpClient client)
    {
        var delays = await Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => ReadDelaysAsync(client)));
        var sorted = delays.SelectMany(static stream => stream).Order().ToList();
        return sorted[(int)(sorted.Count * 0.99)];
    }

    private static async Task<List<double>> ReadDelaysAsync(HttpClient client)
    {
        using var answer = await OpenAsync(client, FloorUpstream.Events);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        List<double> delays = [];
        while (delays.Count < EventsOfStream)
        {
            if (await reader.ReadLineAsync() is { Length: > 0 } line)
            {
                delays.Add(Stopwatch.GetElapsedTime(long.Parse(line["data: ".Length..], CultureInfo.InvariantCulture)).TotalMilliseconds);
            }
        }

        // The first events wait for connections.
        return delays[(EventsOfStream / 3)..];
    }

    private static async Task MeasureIdleAsync(BenchProcess server, HttpClient client)
    {
        var before = server.ResidentMebibytes;
        var answers = await Task.WhenAll(Enumerable.Range(0, IdleStreams).Select(_ => OpenAsync(client, FloorUpstream.Idle)));
        var after = server.ResidentMebibytes;
        foreach (var answer in answers)
        {
            answer.Dispose();
        }

        Console.WriteLine(Text($"memory of an idle stream, {IdleStreams} streams: {(after - before) * 1024 / IdleStreams:0} KiB"));
    }

    private static async Task MeasureBodyAsync(BenchProcess server, HttpClient client)
    {
        var (before, peak) = (server.ResidentMebibytes, 0.0);
        using var content = new ByteArrayContent(new byte[BodyBytes]);
        var sent = client.PostAsync(new Uri(Path, UriKind.Relative), content);
        while (!sent.IsCompleted)
        {
            peak = Math.Max(peak, server.ResidentMebibytes);
            await Task.Delay(1);
        }

        using var answer = (await sent).EnsureSuccessStatusCode();
        Console.WriteLine(Text($"extra memory of a body of 32 MiB: {Math.Max(0, peak - before):0.0} MiB"));
    }

    private static async Task<HttpResponseMessage> OpenAsync(HttpClient client, string query)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Path + query, UriKind.Relative)) { Content = new StringContent("{}") };
        return (await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead)).EnsureSuccessStatusCode();
    }

    private static Task<BenchProcess> StartAsync(string command, params string[] more) =>
        BenchProcess.StartAsync(
            port => new ProcessStartInfo(Environment.ProcessPath!, [command, port.ToString(CultureInfo.InvariantCulture), .. more]),
            "/"
        );

    private static HttpClient Client(Uri address, string key)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
