using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace Axvault.Tests.Broker;

/// <summary>Calls through the broker and the database: running calls need none, and new ones none the less.</summary>
public sealed class BrokerOutageServerTests
{
    [Fact]
    public async Task Hanging_streams_hold_no_connection_to_the_database()
    {
        await using var lab = await Lab.StartAsync("Maximum Pool Size=3");
        var name = await lab.PrepareAsync();
        using var client = lab.Client();
        var streams = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => lab.OpenAsync(client, name)));

        // The pool of three serves all other calls.
        for (var i = 0; i < 10; i++)
        {
            (await lab.Admin.GetAsync("credentials")).Is(HttpStatusCode.OK);
        }

        await Until.HoldsAsync(
            async () =>
                await DatabaseContents.ScalarAsync<long>(
                    lab.Postgres.ConnectionString,
                    "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid() and state <> 'idle'"
                ) == 0,
            "every connection is idle"
        );
        Assert.InRange(
            await DatabaseContents.ScalarAsync<long>(
                lab.Postgres.ConnectionString,
                "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
            ),
            1,
            4
        );
        lab.End.SetResult();
        Assert.All(await Task.WhenAll(streams.Select(ReadAsync)), static text => Assert.EndsWith("last", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_outage_ends_no_stream_admits_no_call_and_loses_no_entry()
    {
        await using var lab = await Lab.StartAsync("");
        var name = await lab.PrepareAsync();
        using var client = lab.Client();
        var streams = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => lab.OpenAsync(client, name)));
        var before = lab.Upstream.Calls.Count;

        await lab.Postgres.StopAsync(TestContext.Current.CancellationToken);
        try
        {
            for (var i = 0; i < 3; i++)
            {
                using var answer = await client.PostAsync($"broker/{name}/v1/messages", BrokerFixture.Json(name), TestContext.Current.CancellationToken);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
                Assert.StartsWith(
                    """{"type":"error","error":{"type":"api_error","message":""",
                    await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
                    StringComparison.Ordinal
                );
            }

            Assert.Equal(before, lab.Upstream.Calls.Count);
            // They end while the database is away.
            lab.End.SetResult();
            Assert.All(await Task.WhenAll(streams.Select(ReadAsync)), static text => Assert.EndsWith("last", text, StringComparison.Ordinal));
        }
        finally
        {
            await lab.Postgres.StartAsync(TestContext.Current.CancellationToken);
        }

        await Until.HoldsAsync(async () => await lab.Admin.TryGetStatusAsync("health") == HttpStatusCode.OK, "the server is healthy again");
        await Until.HoldsAsync(
            async () =>
                await lab.Admin.GetAsync($"audit?credential={name}&action=broker.end&outcome=success") is { Status: HttpStatusCode.OK } answer
                && answer.Json.GetProperty("entries").GetArrayLength() == 5,
            "the ends of the calls are recorded"
        );
        await Until.HoldsAsync(
            async () =>
                (await lab.Admin.GetAsync("usage?by=credential")) is { Status: HttpStatusCode.OK } usage
                && usage.Json.GetProperty("usage").EnumerateArray().Any(static sum => sum.GetProperty("calls").GetInt64() == 5),
            "the calls are counted"
        );
    }

    private static async Task<string> ReadAsync(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Lab(PostgresServer postgres, UpstreamDouble upstream, VaultServer server) : IAsyncDisposable
    {
        private string _key = "";

        public PostgresServer Postgres => postgres;

        public UpstreamDouble Upstream => upstream;

        public VaultClient Admin { get; } = server.Client(server.BootstrapSecret);

        /// <summary>The end of every stream.</summary>
        public TaskCompletionSource End { get; } = new();

        public static async Task<Lab> StartAsync(string parameters)
        {
            var postgres = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
            var upstream = await UpstreamDouble.StartAsync();
            var settings = new ServerSettings(postgres.ConnectionString) { Variables = BrokerFixture.Variables(upstream.Url) };
            if (parameters.Length > 0)
            {
                settings = settings with { DatabaseUrl = new NpgsqlConnectionStringBuilder($"{settings.DatabaseUrl};{parameters}").ConnectionString };
            }

            return new Lab(postgres, upstream, await VaultServer.StartAsync(settings));
        }

        public async Task<string> PrepareAsync()
        {
            var name = $"c{Guid.NewGuid():N}";
            const string Credential = """{"type":"api-key","provider":"anthropic","data":{"apiKey":"the-token"}}""";
            (await Admin.PutAsync($"credentials/{name}", Credential)).Is(HttpStatusCode.Created);
            var key = (await Admin.PostAsync("keys", $$"""{"name":"an agent","useAccess":["{{name}}"]}""")).Is(HttpStatusCode.Created);
            _key = key.Json.GetProperty("secret").GetString()!;
            upstream.Answers(
                name,
                async context =>
                {
                    context.Response.ContentType = "text/event-stream";
                    await context.Response.WriteAsync("data: {}\n\n");
                    await context.Response.Body.FlushAsync();
                    await End.Task.WaitAsync(context.RequestAborted);
                    await context.Response.WriteAsync("last");
                }
            );
            return name;
        }

        public HttpClient Client()
        {
            var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = server.Address };
            client.DefaultRequestHeaders.Add("x-api-key", _key);
            return client;
        }

        public async Task<Stream> OpenAsync(HttpClient client, string name)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, $"broker/{name}/v1/messages") { Content = BrokerFixture.Json(name) };
            var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            Admin.Dispose();
            await server.DisposeAsync();
            await upstream.DisposeAsync();
            await postgres.DisposeAsync();
        }
    }
}
