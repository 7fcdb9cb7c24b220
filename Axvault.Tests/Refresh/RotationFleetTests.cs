using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Refresh;

/// <summary>
/// The rotations of <see cref="RefreshFleetServerTests"/> at the size of a large fleet. It takes minutes, so it is not part of a normal test run.
/// </summary>
[Trait("Category", "Long")]
public sealed class RotationFleetTests(VaultGraph graph)
{
    [Fact(Explicit = true)]
    public async Task Fifty_rotations_of_twenty_credentials_make_a_thousand_requests()
    {
        await using var lab = await RefreshLab.StartAsync(graph, servers: 3, ("AXVAULT_REFRESH_TIMEOUT_MS", "30000"));

        await Rotations.RunAsync(lab, "fleet", credentials: 20, readers: 200, rotations: 50);

        Assert.Equal(20 * 50, lab.Proxy.Requests.Count);
    }
}
