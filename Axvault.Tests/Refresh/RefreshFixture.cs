using Axvault.Tests.Harness.Graph;

namespace Axvault.Tests.Refresh;

/// <summary>One server for all tests of a class. Each test uses its own credentials.</summary>
public sealed class RefreshFixture(VaultGraph graph) : IAsyncLifetime
{
    private RefreshLab? _lab;

    /// <summary>The server with its database, proxy and provider.</summary>
    public RefreshLab Lab => _lab!;

    public async ValueTask InitializeAsync() => _lab = await RefreshLab.StartSharedAsync(graph);

    public async ValueTask DisposeAsync() => await (_lab?.DisposeAsync() ?? ValueTask.CompletedTask);
}
