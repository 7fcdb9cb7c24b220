using Axvault.Api.Authorization;
using Axvault.Api.Credentials;
using Axvault.Tests.Audit;
using Axvault.Tests.Graph;
using Axvault.Tests.Server;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Axvault.Tests.Credentials;

/// <summary>How loads of credentials share statements, by a clock that the test sets, on a table that it locks.</summary>
public sealed class CredentialLoaderTests(VaultGraph graph)
{
    private static readonly TimeSpan PastPatience = TimeSpan.FromMilliseconds(11);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Loads_that_come_while_one_is_under_way_share_the_next_statement_and_each_gets_its_own()
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
        // The first was read by a statement of its own, the others by one.
        Assert.NotEqual(found[0]!.ReadAt, found[4]!.ReadAt);
        Assert.Same(found[1], found[3]);
    }

    [Fact]
    public async Task A_statement_that_takes_long_is_passed_by_others_up_to_four_at_a_time()
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
                // Nobody has to come after it.
                time.Advance(PastPatience);
                await UntilWaitingAsync(lab, Math.Min(count, 4));
            }
        }

        Assert.All(await Task.WhenAll(loads), Assert.NotNull);
    }

    [Fact]
    public async Task A_load_that_is_given_up_keeps_nobody_from_theirs()
    {
        await using var lab = await StartAsync("a");
        var loader = new CredentialLoader(lab.Credentials, new FakeTimeProvider());
        using var end = new CancellationTokenSource();
        Task<StoredCredential?> first, leader, follower;
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
    public async Task Who_waits_for_a_database_that_hangs_is_told_after_ten_seconds()
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
    public async Task When_a_statement_fails_those_who_share_it_are_told_and_the_next_is_sent()
    {
        await using var lab = await StartAsync("a");
        var loader = new CredentialLoader(lab.Credentials, new FakeTimeProvider());
        Task<StoredCredential?> first, second;
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
        var writer = await lab.StartWriterAsync();
        foreach (var name in names)
        {
            var put = lab.Put(name);
            await writer.PutAsync(AuditLab.Entry(put), put);
        }

        await writer.StopAsync(CancellationToken);
        return lab;
    }

    private static CredentialName Name(string text) => CredentialName.TryParse(text, out var name) ? name : throw new ArgumentException(text);

    // Disposed, it lets the others go.
    private static async Task<NpgsqlConnection> LockAsync(AuditLab lab)
    {
        var connection = await DatabaseContents.OpenAsync(lab.ConnectionString);
        await using var command = new NpgsqlCommand("begin; lock table axvault.credential", connection);
        await command.ExecuteNonQueryAsync(CancellationToken);
        return connection;
    }

    private static Task UntilWaitingAsync(AuditLab lab, int statements) => Until.HoldsAsync(
        async () => await DatabaseContents.ScalarAsync<long>(lab.ConnectionString, "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") == statements,
        $"{statements} statements wait for the table");
}
