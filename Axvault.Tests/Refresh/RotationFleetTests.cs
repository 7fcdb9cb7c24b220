using Axvault.Tests.Graph;

namespace Axvault.Tests.Refresh;

/// <summary>The same as the smaller run, at the size of a fleet's bad day. Not part of a plain test run: it takes minutes.</summary>
[Trait("Category", "Long")]
public sealed class RotationFleetTests(VaultGraph graph)
{
    [Fact(Explicit = true)]
    public async Task Fifty_rotations_of_twenty_credentials_under_two_hundred_readers_make_a_thousand_requests()
    {
        await using var lab = await RefreshLab.StartAsync(graph, servers: 3, ("AXVAULT_REFRESH_TIMEOUT_MS", "30000"));

        await Rotations.RunAsync(lab, "fleet", credentials: 20, readers: 200, rotations: 50);

        Assert.Equal(20 * 50, lab.Proxy.Requests.Count);
    }
}
