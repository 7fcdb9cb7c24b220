using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Axvault.AppHost.Dashboard;
using Axvault.Hosting.Commands;
using Axvault.Hosting.Keys;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Tests.Graph;

/// <summary>The commands of the dashboard after a stop of the API, after a reset of the data, and without a working key.</summary>
[Trait("Category", "Long")]
public sealed class DashboardResetTests(DashboardGraph graph) : IClassFixture<DashboardGraph>, IAsyncLifetime
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    // The previous test may have stopped the API.
    public async ValueTask InitializeAsync()
    {
        await RunAsync("api", KnownResourceCommands.StartCommand);
        await graph.Application.ResourceNotifications.WaitForResourceHealthyAsync("api", CancellationToken);
        await RunAsync("postgres", ResetDataCommand.Name);
        graph.Developer.Shown.Clear();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact(Explicit = true)]
    public async Task A_reset_empties_the_vault_and_gives_the_dashboard_a_new_key()
    {
        var before = OwnSecret()!;
        using var admin = new VaultClient(graph.Application.GetEndpoint("api", "http"), before);
        (await admin.PutCredentialAsync("lost")).Is(HttpStatusCode.Created);

        var reset = await RunAsync("postgres", ResetDataCommand.Name);

        Assert.True(reset.Success, reset.Message);
        var list = await RunAsync("api", ListCredentialsCommand.Name);
        Assert.Equal("The vault holds no credential.", list.Message);
        (await admin.GetAsync("credentials")).IsUnauthorized();
        Assert.NotEqual(before, OwnSecret());
        Assert.Contains(OwnSecret()!, await File.ReadAllTextAsync(Path.Combine(graph.Folder, "dashboard-key"), CancellationToken), StringComparison.Ordinal);
        Assert.Empty(graph.Developer.Shown);

        // A reset also works while the API does not run, for example because its encryption key is missing.
        await StopApiAsync();
        Assert.True((await RunAsync("postgres", ResetDataCommand.Name)).Success);
        Assert.True((await RunAsync("api", ListCredentialsCommand.Name)).Success);
    }

    [Fact(Explicit = true)]
    public async Task A_command_of_a_stopped_API_says_so_and_is_disabled()
    {
        await StopApiAsync();

        var list = await RunAsync("api", ListCredentialsCommand.Name);

        Assert.False(list.Success);
        Assert.Equal("The API is not running, or not ready. Start api, and try again when it is healthy.", list.Message);
        await graph.Application.ResourceNotifications.WaitForResourceAsync(
            "api",
            static api => api.Snapshot.Commands.Single(static command => command.Name == ListCredentialsCommand.Name).State == ResourceCommandState.Disabled,
            CancellationToken
        );
    }

    [Fact(Explicit = true)]
    public async Task The_developer_is_asked_for_a_key_when_no_known_key_works()
    {
        // Another administrator deletes every key except its own.
        using var admin = new VaultClient(graph.Application.GetEndpoint("api", "http"), OwnSecret());
        var mine = await admin.CreateKeyAsync(["*"], ["*"], ["*"], "mine");
        foreach (
            var id in (await admin.GetAsync("keys"))
                .Json.GetProperty("keys")
                .EnumerateArray()
                .Select(static key => key.GetProperty("id").GetString()!)
                .Where(id => id != mine.Id)
                .ToList()
        )
        {
            using var owner = admin.With(mine.Secret);
            (await owner.DeleteAsync($"keys/{id}")).Is(HttpStatusCode.NoContent);
        }

        var cancelled = await RunAsync("api", ListCredentialsCommand.Name);
        Assert.True(cancelled.Canceled, cancelled.Message);

        graph.Developer.Answers.Enqueue("axv_sk_wrong");
        var refused = await RunAsync("api", ListCredentialsCommand.Name);
        Assert.False(refused.Success);
        Assert.DoesNotContain("axv_sk_", refused.Message, StringComparison.Ordinal);

        graph.Developer.IsAvailable = false;
        var unattended = await RunAsync("api", ListCredentialsCommand.Name);
        Assert.Equal("No API key of this vault is known. Run the command in the dashboard, which asks for one.", unattended.Message);

        graph.Developer.IsAvailable = true;
        graph.Developer.Answers.Enqueue($" {mine.Secret} ");
        Assert.True((await RunAsync("api", ListCredentialsCommand.Name)).Success);
        Assert.NotEqual(mine.Secret, OwnSecret());
        Assert.Equal(3, graph.Developer.Shown.Count);
        Assert.True((await RunAsync("api", ListCredentialsCommand.Name)).Success);
        Assert.Equal(3, graph.Developer.Shown.Count);
    }

    private Task<ExecuteCommandResult> RunAsync(string resource, string command) =>
        graph.Application.ResourceCommands.ExecuteCommandAsync(resource, command, CancellationToken);

    private string? OwnSecret() => graph.Application.Services.GetRequiredKeyedService<KeptKey>("api").Reveal();

    private async Task StopApiAsync()
    {
        await graph.Application.ResourceCommands.ExecuteCommandAsync("api", KnownResourceCommands.StopCommand, CancellationToken);
        await graph.Application.ResourceNotifications.WaitForResourceAsync("api", KnownResourceStates.TerminalStates, CancellationToken);
    }
}
