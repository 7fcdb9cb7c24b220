using System.Net;
using Axvault.Tests.Graph;

namespace Axvault.Tests.Refresh;

/// <summary>Refresh behind a transaction-pooling proxy, which needs PgBouncer on the machine: not part of a plain test run.</summary>
[Trait("Category", "Long")]
public sealed class PoolingProxyFleetTests(VaultGraph graph)
{
    [Fact(Explicit = true)]
    public async Task The_claim_holds_behind_a_transaction_pooling_proxy()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var proxy = await PgBouncer.StartAsync(database);
        await using var lab = await RefreshLab.StartOnAsync(proxy.ConnectionString, graph, servers: 3);

        await Rotations.RunAsync(lab, "pooled", credentials: 5, readers: 60, rotations: 5);

        // What was prepared on one connection to the database is not there on the next: found out, said, and done without.
        Assert.Contains(lab.Servers, static server => server.Output.Any(static line => line.Contains("Appends to the audit log are not prepared", StringComparison.Ordinal)));
        using var admin = lab.Admin(1);
        (await admin.PutCredentialAsync("plain")).Is(HttpStatusCode.Created);
        (await admin.GetAsync("credentials/plain")).IsNotDue();
    }
}
