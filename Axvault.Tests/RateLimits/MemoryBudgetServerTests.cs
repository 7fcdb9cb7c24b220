using System.Diagnostics;
using System.Net;
using System.Text;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.RateLimits;

/// <summary>Clients that send or read slowly cannot take the memory of a server with a small heap.</summary>
public sealed class MemoryBudgetServerTests(VaultGraph graph)
{
    private const int Connections = 500;
    private const int Sent = 1_000_000;

    private static readonly string Large = $$"""{"a":"{{new string('x', 1_000_000)}}"}""";
    private static readonly string Names = string.Join(',', Enumerable.Range(0, 100).Select(static n => $"\"large.{n}\""));

    [Theory]
    [InlineData("POST keys")]
    [InlineData("PUT credentials/attack")]
    public async Task A_key_without_rights_cannot_fill_the_memory_with_bodies(string call)
    {
        await using var site = await Site.StartAsync(graph);
        using var bare = await site.Admin.WithNewKeyAsync();

        using var attack = await Attack.StartAsync(site.Server, call, bare.Secret!);

        await site.ServesAsync();
        Assert.All(await attack.StatusesAsync(Connections), static status => Assert.True(status is "403" or "429", status));
        await site.ServesAsync();
    }

    [Theory]
    [InlineData("POST keys", false)]
    [InlineData("PUT credentials/attack", false)]
    [InlineData("PUT credentials/attack", true)]
    public async Task A_key_with_rights_cannot_fill_the_memory_with_bodies(string call, bool chunked)
    {
        await using var site = await Site.StartAsync(graph);
        using var attacker = await site.Admin.WithNewKeyAsync(read: ["attack"], write: ["attack"], grant: ["attack"]);

        using var attack = await Attack.StartAsync(site.Server, call, attacker.Secret!, chunked);

        // The others wait for the last byte, in the share of the key.
        Assert.All(await attack.StatusesAsync(Connections - 20), static status => Assert.Equal("429", status));
        await site.ServesAsync();
    }

    [Theory]
    [InlineData("/console/put", true, false, "429")]
    [InlineData("/console/put", true, true, "429")]
    [InlineData("/console/sign-in", false, false, "413")]
    [InlineData("/console/sign-in", false, true, "413")]
    public async Task Forms_of_the_console_cannot_fill_the_memory(string path, bool hasSession, bool chunked, string status)
    {
        await using var site = await Site.StartAsync(graph);
        var session = hasSession ? await site.SignInAsync() : "";

        using var attack = await Attack.StartFormsAsync(site.Server, path, session, chunked);

        // The others wait for the last byte, in the share of the key.
        Assert.All(await attack.StatusesAsync(Connections - 20), one => Assert.Equal(status, one));
        await site.ServesAsync();
    }

    [Fact]
    public async Task An_attacker_with_one_key_costs_others_less_than_twice_their_latency()
    {
        await using var site = await Site.StartAsync(graph);
        using var attacker = await site.Admin.WithNewKeyAsync(read: ["attack"], write: ["attack"], grant: ["attack"]);

        // The rounds take turns, so a load of the machine meets both kinds. One good round shows that the attack itself costs little.
        var costs = new List<double>();
        for (var round = 0; round < 3; round++)
        {
            var calm = await site.MedianAsync();
            using var attack = await Attack.StartAsync(site.Server, "PUT credentials/attack", attacker.Secret!);
            await attack.StatusesAsync(Connections - 20);
            var busy = await site.MedianAsync();
            costs.Add(busy / calm);
        }

        Assert.True(costs.Min() < 2, $"The medians of reads during the attack were {string.Join(", ", costs)} times as long as before.");
    }

    [Fact]
    public async Task Slow_readers_of_large_batches_cannot_fill_the_memory()
    {
        await using var site = await Site.StartAsync(graph);
        for (var n = 0; n < 100; n++)
        {
            (await site.Admin.PutCredentialAsync($"large.{n}", Large)).Is(HttpStatusCode.Created);
        }

        using var attacker = await site.Admin.WithNewKeyAsync(read: ["large.*"]);
        var body = $$"""{"names":[{{Names}}]}""";
        var readers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => RawHttp.ConnectAsync(site.Server.Address, isSlow: true)));
        try
        {
            await Task.WhenAll(readers.Select(reader => reader.SendAsync(Attack.Head("POST credentials/read", attacker.Secret!, body.Length) + body)));
            var heads = await Task.WhenAll(readers.Select(static reader => reader.ReadHeadAsync()));

            Assert.All(heads, static head => Assert.Matches("^HTTP/1.1 (200|429) ", head));
            Assert.Contains(heads, static head => head.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal));
            await site.ServesAsync();

            var answer = (await site.Admin.PostAsync("credentials/read", body)).Is(HttpStatusCode.OK);
            var outcomes = answer.Json.GetProperty("credentials").EnumerateArray().ToList();
            Assert.Equal(
                Enumerable.Range(0, 100).Select(static n => $"large.{n} 200"),
                outcomes.Select(static outcome => $"{outcome.GetProperty("name").GetString()} {outcome.GetProperty("status").GetInt32()}")
            );
            Assert.All(outcomes, static outcome => Assert.Equal(Large, outcome.GetProperty("credential").GetProperty("data").GetRawText()));
        }
        finally
        {
            Array.ForEach(readers, static reader => reader.Dispose());
        }
    }

    [Fact]
    public async Task Slow_readers_of_large_credentials_cannot_fill_the_memory()
    {
        await using var site = await Site.StartAsync(graph);
        await site.Admin.PutCredentialAsync("large.0", Large);
        using var attacker = await site.Admin.WithNewKeyAsync(read: ["large.*"]);
        var readers = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => RawHttp.ConnectAsync(site.Server.Address, isSlow: true)));
        try
        {
            await Task.WhenAll(readers.Select(reader => reader.SendAsync(Attack.Head("GET credentials/large.0", attacker.Secret!, length: null))));
            var heads = await Task.WhenAll(readers.Select(static reader => reader.ReadHeadAsync()));

            Assert.All(heads, static head => Assert.Matches("^HTTP/1.1 (200|429) ", head));
            Assert.Contains(heads, static head => head.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal));
            await site.ServesAsync();
        }
        finally
        {
            Array.ForEach(readers, static reader => reader.Dispose());
        }
    }

    [Fact]
    public async Task Ordinary_use_is_not_refused()
    {
        await using var site = await Site.StartAsync(graph);
        await site.Admin.PutCredentialAsync("small", $$"""{"a":"{{new string('x', 2000)}}"}""");

        Assert.All(await Task.WhenAll(Enumerable.Range(0, 256).Select(_ => site.Admin.GetAsync("credentials/small"))), static answer =>
            answer.Is(HttpStatusCode.OK)
        );
        Assert.All(
            await Task.WhenAll(Enumerable.Range(0, 256).Select(n => site.Admin.PutCredentialAsync($"small.{n}", """{"a":"b"}"""))),
            static answer => answer.Is(HttpStatusCode.Created)
        );
    }

    /// <summary>A server with the heap of a small container, and another key than that of the attacker.</summary>
    private sealed class Site(TestDatabase database, VaultServer server, VaultClient admin) : IAsyncDisposable
    {
        private const string Heap = "0x18000000";
        private const double Floor = 15;

        public VaultServer Server => server;

        public VaultClient Admin => admin;

        public static async Task<Site> StartAsync(VaultGraph graph)
        {
            var database = await graph.CreateDatabaseAsync();
            var settings = new ServerSettings(database.ConnectionString)
            {
                Variables = new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = Heap },
            };
            var server = await VaultServer.StartAsync(settings);
            var admin = server.Client(server.BootstrapSecret);
            (await admin.PutCredentialAsync("own")).Is(HttpStatusCode.Created);
            return new Site(database, server, admin);
        }

        /// <summary>Signs in to the console with a key that may do nothing, and returns the header of its session.</summary>
        public async Task<string> SignInAsync()
        {
            using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = server.Address };
            using var form = new FormUrlEncodedContent([KeyValuePair.Create("key", (await admin.CreateKeyAsync()).Secret)]);
            using var answer = await http.PostAsync("/console/sign-in", form, TestContext.Current.CancellationToken);
            return $"Cookie: {answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0]}\r\n";
        }

        // Liveness, reads and a put of the greatest size.
        public async Task ServesAsync()
        {
            using var anonymous = server.Client();
            for (var n = 0; n < 20; n++)
            {
                (await anonymous.GetAsync("/alive")).Is(HttpStatusCode.OK);
                (await admin.GetAsync("credentials/own")).Is(HttpStatusCode.OK);
            }

            (await admin.PutCredentialAsync("own.large", Large)).Is(HttpStatusCode.Created);
            Assert.False(server.HasExited, server.Transcript());
        }

        /// <summary>Returns the median duration of a read in milliseconds, at least <see cref="Floor"/>. Below that, noise would decide.</summary>
        public async Task<double> MedianAsync()
        {
            using var anonymous = server.Client();
            var durations = new List<double>();
            for (var n = 0; n < 41; n++)
            {
                (await anonymous.GetAsync("/alive")).Is(HttpStatusCode.OK);
                var start = Stopwatch.GetTimestamp();
                (await admin.GetAsync("credentials/own")).Is(HttpStatusCode.OK);
                durations.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }

            return Math.Max(Floor, durations.Order().ElementAt(durations.Count / 2));
        }

        public async ValueTask DisposeAsync()
        {
            admin.Dispose();
            await server.DisposeAsync();
            await database.DisposeAsync();
        }
    }

    /// <summary>Connections that each send all of a body but its last byte.</summary>
    private sealed class Attack(RawHttp[] connections) : IDisposable
    {
        private readonly List<Task<string>> _heads = [.. connections.Select(static connection => connection.ReadHeadAsync())];

        public static async Task<Attack> StartAsync(VaultServer server, string call, string secret, bool chunked = false)
        {
            var head = Head(call, secret, chunked ? -1 : Sent + 1) + (chunked ? $"{Sent + 1:x}\r\n" : "");
            return await StartAsync(server, head + """{"name":"x","type":"api-key","data":{"a":""" + "\"" + new string('x', Sent - 45));
        }

        public static Task<Attack> StartFormsAsync(VaultServer server, string path, string headers, bool chunked)
        {
            var framing = chunked ? $"Transfer-Encoding: chunked\r\n{headers}\r\n{Sent + 1:x}" : $"{headers}Content-Length: {Sent + 1}\r\n";
            var head = $"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n{framing}\r\n";
            return StartAsync(server, $"{head}data={new string('x', Sent - 5)}");
        }

        private static async Task<Attack> StartAsync(VaultServer server, string request)
        {
            var connections = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => RawHttp.ConnectAsync(server.Address)));
            var bytes = Encoding.ASCII.GetBytes(request);
            var attack = new Attack(connections);
            await Task.WhenAll(connections.Select(connection => connection.TrySendAsync(bytes)));
            return attack;
        }

        public static string Head(string call, string secret, int? length)
        {
            var (method, path) = (call.Split(' ')[0], call.Split(' ')[1]);
            var framing = length switch
            {
                null => "",
                -1 => "Transfer-Encoding: chunked\r\n",
                _ => $"Content-Length: {length}\r\n",
            };
            return $"{method} /api/v1/{path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{framing}Authorization: Bearer {secret}\r\n\r\n";
        }

        /// <summary>Returns the first statuses, when there are <paramref name="count"/>.</summary>
        public async Task<IReadOnlyList<string>> StatusesAsync(int count)
        {
            await Until.HoldsAsync(() => _heads.Count(static head => head.IsCompleted) >= count, $"{count} requests are answered");
            var heads = await Task.WhenAll(_heads.Where(static head => head.IsCompletedSuccessfully));
            return [.. heads.Select(static head => head.Split(' ').ElementAtOrDefault(1) ?? "")];
        }

        public void Dispose() => Array.ForEach(connections, static connection => connection.Dispose());
    }
}
