using System.Net;
using Axvault.Bench.Subjects;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>Refresh behind a transaction-pooling proxy. It needs PgBouncer on the machine, so it is not part of a normal test run.</summary>
[Trait("Category", "Long")]
public sealed class PoolingProxyFleetTests(VaultGraph graph)
{
    [Fact(Explicit = true)]
    public async Task A_refresh_claim_holds_behind_a_transaction_pooling_proxy()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var proxy = await PgBouncer.StartAsync(database.ConnectionString, FreePort.Next(), poolSize: 4);
        await using var lab = await RefreshLab.StartOnAsync(proxy.ConnectionString, graph, servers: 3);

        await Rotations.RunAsync(lab, "pooled", credentials: 5, readers: 60, rotations: 5);

        // A prepared statement does not exist on the next connection of the proxy. The server notices, logs it and goes on without.
        Assert.Contains(lab.Servers, static server =>
            server.Output.Any(static line => line.Contains("Statements are not prepared any more", StringComparison.Ordinal))
        );
        using var admin = lab.Admin(1);
        (await admin.PutCredentialAsync("plain")).Is(HttpStatusCode.Created);
        (await admin.GetAsync("credentials/plain")).IsNotDue();
    }
}
