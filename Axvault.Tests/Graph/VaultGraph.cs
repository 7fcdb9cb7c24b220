using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Axvault.AppHost.Dashboard;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Tests.Leaks;
using Axvault.Tests.Provider;
using Axvault.Tests.Server;
using Microsoft.Extensions.DependencyInjection;

// They end in this order: what is watched before the watch.
[assembly: AssemblyFixture(typeof(Axvault.Tests.Graph.VaultGraph))]
[assembly: AssemblyFixture(typeof(Axvault.Tests.Leaks.LeakWatch))]

namespace Axvault.Tests.Graph;

/// <summary>
/// The whole graph of the AppHost, started once for all tests on an embedded PostgreSQL, with data and secrets of its own: never the
/// developer's. Tests that change anything take a database of their own. An OAuth provider runs beside the API, for the tests alone.
/// </summary>
public sealed class VaultGraph : IAsyncLifetime
{
    private const string ProviderName = "provider";

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);

    private readonly TestFolder _folder = new();
    private DistributedApplication? _application;
    private bool _handedOver;

    /// <summary>The running graph.</summary>
    public DistributedApplication Application => _application ?? throw new InvalidOperationException("The graph has not been started.");

    /// <summary>Who answers the dialogs of the graph's commands.</summary>
    internal Developer Developer { get; } = new();

    /// <summary>How to connect to the graph's server as its superuser.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>Where the graph's API listens.</summary>
    public Uri ApiUrl => Application.GetEndpoint("api", "http");

    /// <summary>Where the graph's OAuth provider listens. Its tokens are of one test's own; nobody else's are touched by what is done to them.</summary>
    public Uri ProviderUrl => Application.GetEndpoint(ProviderName, "http");

    /// <summary>The arguments that start the AppHost on an embedded server in <paramref name="folder"/>, with a key of its own.</summary>
    public static string[] Arguments(string folder)
    {
        var key = $"{Guid.NewGuid():N}{Guid.NewGuid():N}";
        LeakWatch.Secrets.Add(key, SecretKind.Setting);
        return ["--AXVAULT_APPHOST_DATABASE=embedded", $"--AXVAULT_APPHOST_DATA={folder}", $"--Parameters:encryption-key={key}"];
    }

    /// <inheritdoc />
    public async ValueTask InitializeAsync()
    {
        using var limit = new CancellationTokenSource(StartLimit);
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Axvault_AppHost>(Arguments(_folder.Path), limit.Token);
        AddProvider(builder);
        builder.Services.AddSingleton<IInteractionService>(Developer);
        _application = await builder.BuildAsync(limit.Token);
        await _application.StartAsync(limit.Token);
        await Task.WhenAll(
            _application.ResourceNotifications.WaitForResourceHealthyAsync("api", limit.Token),
            _application.ResourceNotifications.WaitForResourceHealthyAsync(ProviderName, limit.Token));
        LeakWatch.Secrets.Add(_application.Services.GetRequiredService<DashboardKey>().Reveal(), SecretKind.CreatedKey);
        ConnectionString = await _application.GetConnectionStringAsync("postgres", limit.Token) ?? throw new InvalidOperationException("The server has no connection string.");
        LeakWatch.Secrets.AddPasswordOf(ConnectionString);

        // Tests kill processes and cut no power. Making and dropping a database for each of them is then ten times as fast.
        await DatabaseContents.ExecuteAsync(ConnectionString, "alter system set fsync = off");
        await DatabaseContents.ExecuteAsync(ConnectionString, "select pg_reload_conf()");
    }

    /// <summary>Makes a database that is empty, and nobody else's.</summary>
    public Task<TestDatabase> CreateDatabaseAsync() => TestDatabase.CreateAsync(ConnectionString);

    /// <summary>Reads what the API has written to its console, until <paramref name="isLast"/> has been seen.</summary>
    public async Task<IReadOnlyList<string>> ReadApiConsoleAsync(Func<string, bool> isLast, CancellationToken cancellationToken)
    {
        var api = Application.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(static resource => resource.Name == "api");
        var lines = new List<string>();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        await foreach (var batch in Application.Services.GetRequiredService<ResourceLoggerService>().WatchAsync(api).WithCancellation(limit.Token))
        {
            lines.AddRange(batch.Select(static line => line.Content));
            if (lines.Any(isLast))
            {
                break;
            }
        }

        return lines;
    }

    /// <summary>Hands what the servers of the graph have written to whoever looks for leaks; the first time, for the lines are there again the next.</summary>
    internal async Task HandOverAsync()
    {
        if (!_handedOver)
        {
            _handedOver = true;
            await HandOverAsync("api");
            await HandOverAsync("postgres");
        }
    }

    // Here and not in the AppHost: nobody but the tests has a provider of their own.
    private static void AddProvider(IDistributedApplicationTestingBuilder builder)
    {
        var postgres = builder.CreateResourceBuilder(builder.Resources.OfType<EmbeddedPostgresResource>().Single());
        var database = postgres.AddDatabase(ProviderServer.DatabaseName, "provider");
        var provider = builder.AddExecutable(ProviderName, "dotnet", AppContext.BaseDirectory, ProviderServer.AssemblyFile)
            .WithHttpEndpoint(name: "http")
            .WithHttpHealthCheck("/health")
            .WithReference(database)
            .WaitFor(database);
        var port = provider.GetEndpoint("http").Property(EndpointProperty.TargetPort);
        provider.WithEnvironment("ASPNETCORE_URLS", $"http://127.0.0.1:{port}");
        builder.CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(static resource => resource.Name == "api"))
            .WithEnvironment("AXVAULT_OAUTH_GRAPH_TOKEN_URL", ReferenceExpression.Create($"{provider.GetEndpoint("http")}{ProviderClients.TokenPath}"))
            .WithEnvironment("AXVAULT_OAUTH_GRAPH_CLIENT_ID", ProviderClients.PublicId);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_application is not null)
        {
            await HandOverAsync();
            await _application.StopAsync();
            await _application.DisposeAsync();
        }

        _folder.Dispose();
    }

    private async Task HandOverAsync(string name)
    {
        // Each line begins with its time.
        var resource = Application.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(resource => resource.Name == name);
        await foreach (var line in Application.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(resource).SelectMany(static lines => lines))
        {
            LeakWatch.Line(line.IsErrorMessage ? EmissionChannel.Errors : EmissionChannel.Output, $"{name} of the graph", line.Content[(line.Content.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        }
    }
}
