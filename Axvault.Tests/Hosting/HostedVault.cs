using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Axvault.Hosting.Keys;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Tests.Hosting;

/// <summary>A running AppHost with a vault, on the server under test and a database of the test.</summary>
internal sealed class HostedVault : IAsyncDisposable
{
    public const string Token = "sk-ant-oat-of-the-apphost";

    private readonly DistributedApplication _application;

    private HostedVault(DistributedApplication application) => _application = application;

    /// <summary>The address of the server.</summary>
    public Uri Address => new(Model.Resources.OfType<ExecutableResource>().Single(static resource => resource.Name == "vault").GetEndpoint("http").Url);

    /// <summary>The secret of the AppHost's own key.</summary>
    public string Secret => _application.Services.GetRequiredKeyedService<KeptKey>("vault").Reveal()!;

    private DistributedApplicationModel Model => _application.Services.GetRequiredService<DistributedApplicationModel>();

    /// <summary>Starts an AppHost. The program of each consumer does nothing.</summary>
    public static async Task<HostedVault> StartAsync(
        TestDatabase database,
        TestFolder folder,
        Action<IDistributedApplicationBuilder, IResourceBuilder<AxvaultResource>> add
    )
    {
        LeakWatch.Secrets.Add(Token, SecretKind.CredentialData);
        var builder = DistributedApplication.CreateBuilder(
            new DistributedApplicationOptions
            {
                // The assembly that knows where the orchestrator is.
                AssemblyName = "Axvault.AppHost",
                DisableDashboard = true,
                ProjectDirectory = folder.Path,
                Args =
                [
                    $"--ConnectionStrings:vaultdb={database.ConnectionString}",
                    $"--Parameters:login={Token}",
                    $"--Parameters:encryption-key={ServerSettings.DefaultKey}",
                ],
            }
        );
        var start = VaultServer.StartInfo([]);
        var vault = builder
            .AddAxvault("vault", start.FileName, [.. start.ArgumentList])
            .WithDatabase(builder.AddConnectionString("vaultdb"))
            .WithKeyFolder(Path.Combine(folder.Path, "keys"))
            .WithEncryptionKey(builder.AddParameter("encryption-key", secret: true))
            .WithCredential("claude.prod", builder.AddParameter("login", secret: true), agent: "claude");
        add(builder, vault);
        var hosted = new HostedVault(builder.Build());
        await hosted._application.StartAsync(TestContext.Current.CancellationToken);
        await hosted._application.ResourceNotifications.WaitForResourceHealthyAsync("vault", TestContext.Current.CancellationToken);
        return hosted;
    }

    /// <summary>Waits until a consumer runs, and returns its variables.</summary>
    public async Task<IReadOnlyDictionary<string, string?>> VariablesOfAsync(string consumer)
    {
        var state = await _application.ResourceNotifications.WaitForResourceAsync(
            consumer,
            static state => state.Snapshot.State?.Text == KnownResourceStates.Running && state.Snapshot.EnvironmentVariables.Length > 0,
            TestContext.Current.CancellationToken
        );
        var variables = state.Snapshot.EnvironmentVariables.ToDictionary(static variable => variable.Name, static variable => variable.Value);
        LeakWatch.Secrets.Add(variables.GetValueOrDefault("VAULT_KEY"), SecretKind.CreatedKey);
        return variables;
    }

    /// <summary>Waits until a resource has reached <paramref name="state"/>.</summary>
    public Task WaitAsync(string resource, string state) =>
        _application.ResourceNotifications.WaitForResourceAsync(resource, state, TestContext.Current.CancellationToken);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync();
        await _application.DisposeAsync();
    }
}
