using Axvault.Bench.Subjects;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using static Axvault.Tests.Rotation.RotationLab;

namespace Axvault.Tests.Rotation;

/// <summary>A rotation behind a transaction-pooling proxy. It needs PgBouncer on the machine, so it is not part of a normal test run.</summary>
[Trait("Category", "Long")]
public sealed class PoolingProxyRotationTests(VaultGraph graph)
{
    [Fact(Explicit = true)]
    public async Task A_rotation_survives_a_kill_behind_a_transaction_pooling_proxy()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var proxy = await PgBouncer.StartAsync(database.ConnectionString, FreePort.Next(), poolSize: 4);
        await using var lab = On(proxy.ConnectionString);
        var first = await lab.StartAsync(Old);
        await lab.SeedAsync(Old, 2000);
        Assert.Equal(0, await first.StopAsync());

        var servers = await Task.WhenAll(lab.StartAsync(New, Old), lab.StartAsync(New, Old));
        await Until.HoldsAsync(async () => await lab.MovedAsync() > 0, "some rows are moved");
        await servers[0].KillAsync();
        await lab.UntilMovedAsync(New);

        // The credentials, and the row of the first API key.
        Assert.Equal(2001, await lab.MovedAsync());
        await lab.VerifySeededAsync(New, 2000);
    }
}
