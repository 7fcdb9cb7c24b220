using Axvault.Tests.Graph;

namespace Axvault.Tests.Refresh;

/// <summary>One server for all tests of a class: each takes credentials of its own.</summary>
public sealed class RefreshFixture(VaultGraph graph) : IAsyncLifetime
{
    private RefreshLab? _lab;

    /// <summary>The server, and what it works with.</summary>
    public RefreshLab Lab => _lab!;

    public async ValueTask InitializeAsync() => _lab = await RefreshLab.StartSharedAsync(graph);

    public async ValueTask DisposeAsync() => await (_lab?.DisposeAsync() ?? ValueTask.CompletedTask);
}
