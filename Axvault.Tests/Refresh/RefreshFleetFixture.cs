using Axvault.Tests.Graph;

namespace Axvault.Tests.Refresh;

/// <summary>Three servers on one database for all tests of a class: each takes credentials of its own.</summary>
public sealed class RefreshFleetFixture(VaultGraph graph) : IAsyncLifetime
{
    private RefreshLab? _lab;

    /// <summary>The servers, and what they work with.</summary>
    public RefreshLab Lab => _lab!;

    public async ValueTask InitializeAsync() => _lab = await RefreshLab.StartSharedAsync(graph, servers: 3);

    public async ValueTask DisposeAsync() => await (_lab?.DisposeAsync() ?? ValueTask.CompletedTask);
}
