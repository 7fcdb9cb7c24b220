using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.Broker;

/// <summary>Running calls of a fleet: a revoked key on another server, a stop, and limits that servers share.</summary>
public sealed class BrokerFleetServerTests(VaultGraph graph)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_key_that_one_server_deletes_ends_its_streams_on_another()
    {
        await using var fleet = await StartAsync(2);
        var (key, stream) = await fleet.OpenAsync(fleet.Servers[1]);
        var ended = Assert.ThrowsAnyAsync<IOException>(() => ReadToEndAsync(stream));

        (await fleet.Admin.DeleteAsync($"keys/{key.Id}")).Is(HttpStatusCode.NoContent);

        await ended;
        await fleet.EndedAsync("the API key is gone");
    }

    [Fact]
    public async Task A_call_that_ends_within_the_grace_of_a_stop_is_whole()
    {
        await using var fleet = await StartAsync(1, grace: 30);
        var (_, stream) = await fleet.OpenAsync(fleet.Servers[0]);
        fleet.Servers[0].Terminate();
        await fleet.RefusesConnectionsAsync();
        fleet.Release();

        Assert.EndsWith("data: last\n\n", await ReadToEndAsync(stream), StringComparison.Ordinal);
        Assert.Equal(0, await fleet.Servers[0].WaitForExitAsync());
        // The entry of the end and the use are written before the server is gone.
        Assert.Equal(1, await fleet.CountAsync("select count(*) from axvault.audit_entry where action = 'broker.end' and outcome = 'success'"));
        Assert.Equal(1, await fleet.CountAsync("select coalesce(sum(calls), 0)::bigint from axvault.broker_usage"));
    }

    [Fact]
    public async Task A_call_beyond_the_grace_of_a_stop_is_ended_and_recorded()
    {
        await using var fleet = await StartAsync(1, grace: 1);
        var (_, stream) = await fleet.OpenAsync(fleet.Servers[0]);
        fleet.Servers[0].Terminate();

        await Assert.ThrowsAnyAsync<IOException>(() => ReadToEndAsync(stream));
        Assert.Equal(0, await fleet.Servers[0].WaitForExitAsync());
        Assert.Equal(
            1,
            await fleet.CountAsync("select count(*) from axvault.audit_entry where action = 'broker.end' and reason like '%the server stops%'")
        );
    }

    [Fact]
    public async Task The_calls_of_a_minute_are_counted_over_all_servers()
    {
        await using var fleet = await StartAsync(2);
        var key = await fleet.KeyAsync(""","requestsPerMinute":3""");
        fleet.Release();
        var answers = new List<HttpStatusCode>();
        // The minute may end between two of them.
        for (var i = 0; i < 8; i++)
        {
            using var client = fleet.Client(fleet.Servers[i % 2], key.Secret);
            using var answer = await client.PostAsync("broker/shared/v1/messages", BrokerFixture.Json("{}"), TestContext.Current.CancellationToken);
            answers.Add(answer.StatusCode);
        }

        Assert.Contains(HttpStatusCode.TooManyRequests, answers);
        Assert.InRange(answers.Count(static status => status == HttpStatusCode.OK), 3, 6);
    }

    private async Task<Fleet> StartAsync(int servers, int grace = 10)
    {
        var upstream = await UpstreamDouble.StartAsync();
        var database = await graph.CreateDatabaseAsync();
        var settings = new ServerSettings(database.ConnectionString)
        {
            Variables = new Dictionary<string, string>
            {
                ["AXVAULT_UPSTREAM_ANTHROPIC_URL"] = upstream.Url,
                ["AXVAULT_SHUTDOWN_GRACE"] = $"{grace}",
            },
        };
        var started = new List<VaultServer>();
        for (var i = 0; i < servers; i++)
        {
            started.Add(await VaultServer.StartAsync(settings));
        }

        var fleet = new Fleet(upstream, database, started);
        (await fleet.Admin.PutAsync("credentials/shared", """{"type":"api-key","provider":"anthropic","data":{"apiKey":"k"}}""")).Is(HttpStatusCode.Created);
        return fleet;
    }

    private static async Task<string> ReadToEndAsync(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Fleet : IAsyncDisposable
    {
        private readonly TaskCompletionSource _release = new();
        private readonly UpstreamDouble _upstream;
        private readonly TestDatabase _database;

        public Fleet(UpstreamDouble upstream, TestDatabase database, IReadOnlyList<VaultServer> servers)
        {
            (_upstream, _database, Servers, Admin) = (upstream, database, servers, servers[0].Client(servers[0].BootstrapSecret));
            upstream.Answers(
                "/v1/messages",
                async context =>
                {
                    context.Response.ContentType = "text/event-stream";
                    await context.Response.WriteAsync("data: first\n\n");
                    await context.Response.Body.FlushAsync();
                    await _release.Task.WaitAsync(context.RequestAborted);
                    await context.Response.WriteAsync("data: last\n\n");
                }
            );
        }

        public IReadOnlyList<VaultServer> Servers { get; }

        public VaultClient Admin { get; }

        public void Release() => _release.TrySetResult();

        public async Task<CreatedKey> KeyAsync(string more = "")
        {
            var created = (await Admin.PostAsync("keys", $$"""{"name":"agent","useAccess":["shared"]{{more}}}""")).Is(HttpStatusCode.Created).Json;
            return new CreatedKey(created.GetProperty("id").GetString()!, created.GetProperty("secret").GetString()!);
        }

        public async Task<(CreatedKey Key, Stream Stream)> OpenAsync(VaultServer server)
        {
            var key = await KeyAsync();
            var request = new HttpRequestMessage(HttpMethod.Post, "broker/shared/v1/messages") { Content = BrokerFixture.Json("{}") };
            var answer = await Client(server, key.Secret).SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                TestContext.Current.CancellationToken
            );
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            return (key, await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        }

        public HttpClient Client(VaultServer server, string secret)
        {
            var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Second }) { BaseAddress = server.Address };
            client.DefaultRequestHeaders.Add("x-api-key", secret);
            return client;
        }

        public Task RefusesConnectionsAsync() =>
            Until.HoldsAsync(
                async () =>
                {
                    using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = Second });
                    try
                    {
                        using var answer = await http.GetAsync(new Uri(Servers[0].Address, "health"), TestContext.Current.CancellationToken);
                        return false;
                    }
                    catch (HttpRequestException)
                    {
                        return true;
                    }
                },
                "the server accepts no connection"
            );

        public Task EndedAsync(string reason) =>
            Until.HoldsAsync(
                async () => await CountAsync($"select count(*) from axvault.audit_entry where action = 'broker.end' and reason like '%{reason}%'") == 1,
                $"the end is recorded: {reason}"
            );

        public Task<long> CountAsync(string sql) => DatabaseContents.ScalarAsync<long>(_database.ConnectionString, sql);

        public async ValueTask DisposeAsync()
        {
            Admin.Dispose();
            foreach (var server in Servers)
            {
                await server.DisposeAsync();
            }

            await _database.DisposeAsync();
            await _upstream.DisposeAsync();
        }
    }
}
