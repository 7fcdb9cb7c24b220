using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Hosting.Keys;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Provider;
using Microsoft.Extensions.DependencyInjection;

// The fixtures end in this order: the watched graph before the watch for leaks.
[assembly: AssemblyFixture(typeof(Axvault.Tests.Harness.Graph.VaultGraph))]
[assembly: AssemblyFixture(typeof(Axvault.Tests.Harness.Leaks.LeakWatch))]

namespace Axvault.Tests.Harness.Graph;

/// <summary>
/// The whole graph of the AppHost, started once for all tests on an embedded PostgreSQL. Its data and secrets are separate from the developer's own.
/// Tests that change anything create a database each. An OAuth provider for the tests runs beside the API.
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

    /// <summary>The simulated developer that answers the dialogs of the graph's commands.</summary>
    internal Developer Developer { get; } = new();

    /// <summary>The connection string of the superuser of the graph's PostgreSQL.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>The address of the graph's API.</summary>
    public Uri ApiUrl => Application.GetEndpoint("api", "http");

    /// <summary>The address of the graph's OAuth provider. Each test issues its own tokens, so it changes no tokens of other tests.</summary>
    public Uri ProviderUrl => Application.GetEndpoint(ProviderName, "http");

    /// <summary>Returns the arguments that start the AppHost on an embedded PostgreSQL in <paramref name="folder"/>, with a new encryption key.</summary>
    public static string[] Arguments(string folder)
    {
        // Another start on the folder needs the same key, and another folder a different one.
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)));
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
            _application.ResourceNotifications.WaitForResourceHealthyAsync(ProviderName, limit.Token)
        );
        LeakWatch.Secrets.Add(_application.Services.GetRequiredKeyedService<BootstrapSecret>("api").Reveal(), SecretKind.CreatedKey);
        LeakWatch.Secrets.Add(_application.Services.GetRequiredKeyedService<KeptKey>("api").Reveal(), SecretKind.CreatedKey);
        ConnectionString = await _application.GetConnectionStringAsync("postgres", limit.Token)
            ?? throw new InvalidOperationException("The server has no connection string.");
        LeakWatch.Secrets.AddPasswordOf(ConnectionString);

        // The tests kill processes but cut no power. Without fsync, creating and dropping a database per test is ten times as fast.
        await DatabaseContents.ExecuteAsync(ConnectionString, "alter system set fsync = off");
        await DatabaseContents.ExecuteAsync(ConnectionString, "select pg_reload_conf()");
    }

    /// <summary>Creates an empty database for one test.</summary>
    public Task<TestDatabase> CreateDatabaseAsync() => TestDatabase.CreateAsync(ConnectionString);

    /// <summary>Reads the console of the API until a line for which <paramref name="isLast"/> returns <c>true</c>.</summary>
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

    /// <summary>Hands the output of the graph over to the search for leaks. Only the first call does so, because each call would read the same lines.</summary>
    internal async Task HandOverAsync()
    {
        if (!_handedOver)
        {
            _handedOver = true;
            await HandOverAsync("api");
            await HandOverAsync("postgres");
        }
    }

    // The provider is added here and not in the AppHost, because only the tests need it.
    private static void AddProvider(IDistributedApplicationTestingBuilder builder)
    {
        var postgres = builder.CreateResourceBuilder(builder.Resources.OfType<EmbeddedPostgresResource>().Single());
        var database = postgres.AddDatabase(ProviderServer.DatabaseName, "provider");
        var provider = builder
            .AddExecutable(ProviderName, "dotnet", AppContext.BaseDirectory, ProviderServer.AssemblyFile)
            .WithHttpEndpoint(name: "http")
            .WithHttpHealthCheck("/health")
            .WithReference(database)
            .WaitFor(database);
        var port = provider.GetEndpoint("http").Property(EndpointProperty.TargetPort);
        provider.WithEnvironment("ASPNETCORE_URLS", $"http://127.0.0.1:{port}");
        builder
            .CreateResourceBuilder(builder.Resources.OfType<ProjectResource>().Single(static resource => resource.Name == "api"))
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
        // Each line begins with its time, which is cut off.
        var resource = Application.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(resource => resource.Name == name);
        await foreach (var line in Application.Services.GetRequiredService<ResourceLoggerService>().GetAllAsync(resource).SelectMany(static lines => lines))
        {
            LeakWatch.Line(
                line.IsErrorMessage ? EmissionChannel.Errors : EmissionChannel.Output,
                $"{name} of the graph",
                line.Content[(line.Content.IndexOf(' ', StringComparison.Ordinal) + 1)..]
            );
        }
    }
}
