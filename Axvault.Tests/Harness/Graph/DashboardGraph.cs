using Aspire.Hosting;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Tests.Harness.Graph;

/// <summary>A graph for one class of tests, which stop its API and delete its data.</summary>
public sealed class DashboardGraph : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private DistributedApplication? _application;

    /// <summary>The running graph.</summary>
    public DistributedApplication Application => _application!;

    /// <summary>The folder of its data.</summary>
    public string Folder => _folder.Path;

    /// <summary>The simulated developer that answers its dialogs.</summary>
    internal Developer Developer { get; } = new();

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Axvault_AppHost>(
            VaultGraph.Arguments(_folder.Path),
            TestContext.Current.CancellationToken
        );
        builder.Services.AddSingleton<IInteractionService>(Developer);
        _application = await builder.BuildAsync(TestContext.Current.CancellationToken);
        await _application.StartAsync(TestContext.Current.CancellationToken);
        await _application.ResourceNotifications.WaitForResourceHealthyAsync("api", TestContext.Current.CancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await _application.StopAsync(CancellationToken.None);
            await _application.DisposeAsync();
        }

        _folder.Dispose();
    }
}
