using Axvault.Api.Authorization;
using Axvault.Api.Stored;
using Axvault.Tests.Audit;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Axvault.Tests.Credentials;

/// <summary>Concurrent loads of credentials share statements. The tests set the clock and lock the table.</summary>
public sealed class CredentialLoaderTests(VaultGraph graph)
{
    private static readonly TimeSpan PastPatience = TimeSpan.FromMilliseconds(11);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Loads_that_begin_during_a_statement_share_the_next_and_get_their_own_rows()
    {
        await using var lab = await StartAsync("a", "b");
        var loader = new CredentialLoader(lab.Credentials, new FakeTimeProvider());
        Task<StoredCredential?>[] loads;
        await using (await LockAsync(lab))
        {
            loads = [.. "a,b,none,b,a".Split(',').Select(name => loader.FindAsync(Name(name), CancellationToken))];
            await UntilWaitingAsync(lab, 1);
        }

        var found = await Task.WhenAll(loads);
        Assert.Equal(["a", "b", null, "b", "a"], found.Select(static credential => credential?.Metadata.Name.Value));
        // The first load has its own statement, and the others share one.
        Assert.NotEqual(found[0]!.ReadAt, found[4]!.ReadAt);
        Assert.Same(found[1], found[3]);
    }

    [Fact]
    public async Task A_slow_statement_is_overtaken_by_others_up_to_four_at_a_time()
    {
        await using var lab = await StartAsync("a");
        var time = new FakeTimeProvider();
        var loader = new CredentialLoader(lab.Credentials, time);
        List<Task<StoredCredential?>> loads = [];
        await using (await LockAsync(lab))
        {
            for (var count = 1; count <= 6; count++)
            {
                loads.Add(loader.FindAsync(Name("a"), CancellationToken));
                // The clock alone lets the load go ahead; no other load has to follow.
                time.Advance(PastPatience);
                await UntilWaitingAsync(lab, Math.Min(count, 4));
            }
        }

        Assert.All(await Task.WhenAll(loads), Assert.NotNull);
    }

    [Fact]
    public async Task A_cancelled_load_does_not_block_other_loads()
    {
        await using var lab = await StartAsync("a");
        var loader = new CredentialLoader(lab.Credentials, new FakeTimeProvider());
        using var end = new CancellationTokenSource();
        Task<StoredCredential?> first,
            leader,
            follower;
        await using (await LockAsync(lab))
        {
            first = loader.FindAsync(Name("a"), end.Token);
            await UntilWaitingAsync(lab, 1);
            leader = loader.FindAsync(Name("a"), end.Token);
            follower = loader.FindAsync(Name("a"), CancellationToken);
            await end.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leader);
        }

        Assert.NotNull(await follower);
        Assert.NotNull(await loader.FindAsync(Name("a"), CancellationToken));
    }

    [Fact]
    public async Task A_load_times_out_after_ten_seconds_when_the_database_hangs()
    {
        await using var lab = await StartAsync("a");
        var time = new FakeTimeProvider();
        var loader = new CredentialLoader(lab.Credentials, time);
        await using (await LockAsync(lab))
        {
            var load = loader.FindAsync(Name("a"), CancellationToken);
            await UntilWaitingAsync(lab, 1);
            time.Advance(TimeSpan.FromSeconds(9));
            Assert.False(load.IsCompleted);
            time.Advance(TimeSpan.FromSeconds(2));
            await Assert.ThrowsAsync<TimeoutException>(() => load);
        }

        Assert.NotNull(await loader.FindAsync(Name("a"), CancellationToken));
    }

    [Fact]
    public async Task A_failed_statement_fails_its_own_loads_and_the_next_is_sent()
    {
        await using var lab = await StartAsync("a");
        var loader = new CredentialLoader(lab.Credentials, new FakeTimeProvider());
        Task<StoredCredential?> first,
            second;
        await using (await LockAsync(lab))
        {
            first = loader.FindAsync(Name("a"), CancellationToken);
            await UntilWaitingAsync(lab, 1);
            second = loader.FindAsync(Name("a"), CancellationToken);
            await lab.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'");
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => first);
        }

        Assert.NotNull(await second);
    }

    private async Task<AuditLab> StartAsync(params string[] names)
    {
        var lab = await AuditLab.StartAsync(graph);
        foreach (var name in names)
        {
            await lab.PutAsync(name);
        }

        return lab;
    }

    private static CredentialName Name(string text) => CredentialName.TryParse(text, out var name) ? name : throw new ArgumentException(text);

    // Returns a connection that holds the lock until it is disposed.
    private static async Task<NpgsqlConnection> LockAsync(AuditLab lab)
    {
        var connection = await DatabaseContents.OpenAsync(lab.ConnectionString);
        await using var command = new NpgsqlCommand("begin; lock table axvault.credential", connection);
        await command.ExecuteNonQueryAsync(CancellationToken);
        return connection;
    }

    private static Task UntilWaitingAsync(AuditLab lab, int statements) =>
        Until.HoldsAsync(
            async () =>
                await DatabaseContents.ScalarAsync<long>(
                    lab.ConnectionString,
                    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
                ) == statements,
            $"{statements} statements wait for the table"
        );
}
