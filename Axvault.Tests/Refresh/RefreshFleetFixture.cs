using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Refresh;

/// <summary>Three servers on one database for all tests of a class. Each test uses its own credentials.</summary>
public sealed class RefreshFleetFixture(VaultGraph graph) : IAsyncLifetime
{
    private RefreshLab? _lab;

    /// <summary>The servers with their database, proxy and provider.</summary>
    public RefreshLab Lab => _lab!;

    public async ValueTask InitializeAsync() => _lab = await RefreshLab.StartSharedAsync(graph, servers: 3);

    public async ValueTask DisposeAsync() => await (_lab?.DisposeAsync() ?? ValueTask.CompletedTask);
}
