using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.ReadCache;

/// <summary>The rows that a read cache keeps, as its hits and misses in the metrics show them.</summary>
public sealed class ReadCacheServerTests(VaultGraph graph)
{
    private const string Name = ConfirmedFleet.Credential;
    private const string Path = $"credentials/{Name}";

    [Fact]
    public async Task A_row_is_cached_until_it_changes_and_never_when_the_cache_is_off()
    {
        await using var fleet = await ConfirmedFleet.StartAsync(graph, ("AXVAULT_READ_CACHE_ROWS", "0"));
        await fleet.One.PutCredentialAsync(ConfirmedFleet.Credential);
        await ReadThriceAsync(fleet.One);
        await ReadThriceAsync(fleet.Two);

        // The put and three reads look up the key, and three reads look up the credential.
        Assert.Equal((5, 2, 0), await CountAsync(fleet.FirstMetrics));
        Assert.Equal((0, 6, 0), await CountAsync(fleet.SecondMetrics));

        await fleet.Two.PutCredentialAsync(Name);
        await ReadThriceAsync(fleet.One);
        await Until.HoldsAsync(
            async () => await CountAsync(fleet.FirstMetrics) == (11, 2, 1),
            "the metrics, which are cached for a moment, count one request that was decided again"
        );
    }

    [Fact]
    public async Task A_credential_that_outgrows_the_cache_is_read_again_only_once()
    {
        await using var fleet = await ConfirmedFleet.StartAsync(graph);
        await fleet.One.PutCredentialAsync(Name);
        await ReadThriceAsync(fleet.Two);

        await fleet.One.PutCredentialAsync(Name, $$"""{"v":"{{new string('x', 20_000)}}"}""");
        await ReadThriceAsync(fleet.Two);

        // The first read finds the stale row and removes it. The two others read the database.
        var (_, _, stale) = await CountAsync(fleet.SecondMetrics);
        Assert.Equal(1, stale);
    }

    [Fact]
    public async Task Popular_rows_stay_in_a_full_cache_while_many_others_are_read_once()
    {
        await using var fleet = await ConfirmedFleet.StartAsync(graph, ("AXVAULT_READ_CACHE_ROWS", "200"));
        const int Popular = 20;
        const int Others = 2000;
        await Parallel.ForAsync(0, Popular + Others, TestContext.Current.CancellationToken, async (number, _) =>
            Assert.Equal(HttpStatusCode.Created, (await fleet.One.PutCredentialAsync($"c.{number}", $$"""{"v":"{{new string('x', 2000)}}"}""")).Status)
        );
        await ReadAsync(Popular, 500);

        await Until.HoldsAsync(async () => await HitsAsync() == Popular, "all popular rows are cached");
        await ReadAsync(Popular + 500, Others - 500);

        Assert.Equal(Popular, await HitsAsync());

        // The metrics are cached for 0.3 s.
        async Task<double> HitsAsync()
        {
            await Task.Delay(500, TestContext.Current.CancellationToken);
            var (before, _, _) = await CountAsync(fleet.SecondMetrics);
            await ReadAsync(0, Popular);
            await Task.Delay(500, TestContext.Current.CancellationToken);
            return (await CountAsync(fleet.SecondMetrics)).Hits - before;
        }

        async Task ReadAsync(int first, int count)
        {
            foreach (var names in Enumerable.Range(first, count).Chunk(100))
            {
                var body = $$"""{"names":[{{string.Join(',', names.Select(static number => $"\"c.{number}\""))}}]}""";
                Assert.Equal(HttpStatusCode.OK, (await fleet.Two.PostAsync("credentials/read", body)).Status);
            }
        }
    }

    private static async Task<(double Hits, double Misses, double Stale)> CountAsync(Uri metrics)
    {
        using var client = new VaultClient(metrics, secret: null) { IsOfTheApi = false };
        var scrape = Scrape.Parse((await client.GetAsync("/metrics")).Text);
        return (Of("hits"), Of("misses"), Of("stale"));

        double Of(string name) => Assert.Single(scrape.Of($"axvault_read_cache_{name}_total")).Value;
    }

    private static async Task ReadThriceAsync(VaultClient client)
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync(Path)).Status);
        }
    }
}
