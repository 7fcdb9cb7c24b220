using System.Net;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Axvault.AppHost.Dashboard;
using Axvault.AppHost.EmbeddedPostgres;
using Axvault.Hosting.Commands;
using Axvault.Hosting.Keys;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Tests.Graph;

/// <summary>The commands of the dashboard, called as the dashboard calls them, on the API of the shared graph.</summary>
public sealed partial class DashboardTests(VaultGraph graph)
{
    private static readonly string[] Commands = [CreateKeyCommand.Name, ListCredentialsCommand.Name, RefreshCredentialCommand.Name, VerifyAuditCommand.Name];

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    private IServiceProvider Services => graph.Application.Services;

    [Fact]
    public async Task The_commands_of_the_API_are_enabled_when_it_is_healthy()
    {
        var api = await Services.GetRequiredService<ResourceNotificationService>().WaitForResourceHealthyAsync("api", CancellationToken);

        var states = api
            .Snapshot.Commands.Where(static command => Commands.Contains(command.Name))
            .ToDictionary(static command => command.Name, static command => command.State);

        Assert.Equal(Commands.Order(), states.Keys.Order());
        Assert.All(states.Values, static state => Assert.Equal(ResourceCommandState.Enabled, state));
    }

    [Fact]
    public void The_commands_of_the_API_are_disabled_when_it_is_not_healthy()
    {
        var starting = new UpdateCommandStateContext
        {
            ResourceSnapshot = new()
            {
                ResourceType = "Project",
                Properties = [],
                State = KnownResourceStates.Starting,
            },
            Services = Services,
        };

        Assert.All(Commands, name => Assert.Equal(ResourceCommandState.Disabled, CommandOf("api", name).UpdateState(starting)));
    }

    [Fact]
    public async Task A_new_key_has_the_typed_access_and_its_secret_appears_only_in_a_dialog()
    {
        var result = await RunAsync(
            CreateKeyCommand.Name,
            ("name", "made in the dashboard"),
            ("readAccess", "one.*, two"),
            ("writeAccess", " two "),
            ("grantAccess", "")
        );

        Assert.True(result.Success, result.Message);
        var dialog = Assert.Single(graph.Developer.Shown, shown => shown.Contains(KeyId().Match(result.Message!).Value, StringComparison.Ordinal));
        var secret = Secret().Match(dialog).Value;
        using var admin = new VaultClient(graph.ApiUrl, await OwnSecretAsync());
        var key = (await admin.GetAsync($"keys/{KeyId().Match(result.Message!).Value}")).Is(HttpStatusCode.OK);
        Assert.Equal("""["one.*","two"] ["two"] []""", $"{key.Raw("readAccess")} {key.Raw("writeAccess")} {key.Raw("grantAccess")}");
        using var client = admin.With(secret);
        (await client.GetAsync("credentials/two")).IsNotFound();
        Assert.DoesNotContain("axv_sk_", result.Message, StringComparison.Ordinal);
        Assert.Null(result.Data);
        Assert.DoesNotContain(await ConsoleAsync(), line => line.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refusal_of_the_API_is_shown_in_its_words()
    {
        var result = await RunAsync(CreateKeyCommand.Name, ("name", "wrong"), ("readAccess", "no/name"), ("writeAccess", null), ("grantAccess", null));

        Assert.False(result.Success);
        Assert.StartsWith("readAccess contains an invalid entry", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_are_listed_with_their_expiry_and_without_their_data()
    {
        using var admin = new VaultClient(graph.ApiUrl, await OwnSecretAsync());
        (
            await admin.PutAsync(
                "credentials/listed",
                """{"type":"api-key","provider":"a|b","expiresAt":"2031-02-03T04:05:06.000Z","data":{"apiKey":"not-in-the-list"}}"""
            )
        ).Is(HttpStatusCode.Created);

        var result = await RunAsync(ListCredentialsCommand.Name);

        Assert.True(result.Success, result.Message);
        Assert.Equal(CommandResultFormat.Markdown, result.Data!.Format);
        Assert.Contains(@"| listed | api-key | a\|b | 2031-02-03 04:05:06 Z |  |  |  |", result.Data.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("not-in-the-list", result.Data.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refreshable_credential_is_offered_and_refreshed()
    {
        using var admin = new VaultClient(graph.ApiUrl, await OwnSecretAsync());
        using var provider = new ProviderClient(graph.ProviderUrl);
        var issued = await provider.IssueAsync("the console");
        var body = new
        {
            type = "oauth-credentials",
            provider = "graph",
            data = new { access_token = issued.AccessToken, refresh_token = issued.RefreshToken },
        };
        (await admin.PutAsync("credentials/refreshed", body)).Is(HttpStatusCode.Created);
        (await admin.PutCredentialAsync("unrefreshable")).Is(HttpStatusCode.Created);

        var choice = CommandOf("api", RefreshCredentialCommand.Name).Arguments![0];
        await choice.DynamicLoading!.LoadCallback(
            new LoadInputContext
            {
                Input = choice,
                AllInputs = new([choice]),
                Services = Services,
                CancellationToken = CancellationToken,
            }
        );
        var result = await RunAsync(RefreshCredentialCommand.Name, ("credential", "refreshed"), ("force", "false"));

        Assert.Contains(choice.Options!, static option => option.Key == "refreshed");
        Assert.DoesNotContain(choice.Options!, static option => option.Key == "unrefreshable");
        Assert.True(result.Success, result.Message);
        Assert.Contains("| refreshed | oauth-credentials | graph |", result.Data!.Value, StringComparison.Ordinal);
        Assert.Contains("| ok |", result.Data.Value, StringComparison.Ordinal);
        Assert.False(await provider.SpendAsync(issued.RefreshToken), "The refresh token must have been used.");
    }

    [Fact]
    public async Task A_refusal_to_refresh_is_shown_in_the_words_of_the_API()
    {
        using var admin = new VaultClient(graph.ApiUrl, await OwnSecretAsync());
        (await admin.PutAsync("credentials/tokenless", """{"type":"oauth-credentials","provider":"graph","data":{"access_token":"alone"}}""")).Is(
            HttpStatusCode.Created
        );
        var refusal = (await admin.PostAsync("credentials/tokenless/refresh", "")).IsProblem(HttpStatusCode.Conflict, "conflict");

        var result = await RunAsync(RefreshCredentialCommand.Name, ("credential", "tokenless"), ("force", "true"));

        Assert.False(result.Success);
        Assert.Equal(refusal, result.Message);
    }

    [Fact]
    public async Task The_audit_chain_is_verified_or_reported_as_missing()
    {
        var result = await RunAsync(VerifyAuditCommand.Name);

        Assert.Matches("^(The audit chain is whole: |This server has no audit chain)", result.Message);
    }

    [Fact]
    public void A_valid_audit_chain_is_reported_with_its_head()
    {
        var result = VerifyAuditCommand.Tell(new(true, 123, 4, 17, "the head", null, null, null, null, null));

        Assert.True(result.Success);
        Assert.Equal("The audit chain is whole: 123 entries in 4 lanes, up to checkpoint 17.", result.Message);
        Assert.EndsWith("\nthe head", result.Data!.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 57, null, "lane 3, entry 57")]
    [InlineData(null, null, 12, "checkpoint 12")]
    public void A_broken_audit_chain_is_a_failure_that_names_the_place(int? lane, int? entry, int? checkpoint, string place)
    {
        var result = VerifyAuditCommand.Tell(new(false, null, null, null, null, "removed", lane, entry, checkpoint, "It is missing."));

        Assert.Equal((false, $"The audit chain is broken at {place} (removed). It is missing."), (result.Success, result.Message));
    }

    [Fact]
    public async Task The_dashboard_replaces_its_own_key_after_it_was_deleted()
    {
        var secret = await OwnSecretAsync();
        using var admin = new VaultClient(graph.ApiUrl, secret);
        var own = (await admin.GetAsync("keys"))
            .Json.GetProperty("keys")
            .EnumerateArray()
            .Where(static key => key.GetProperty("name").GetString() == "Aspire dashboard");
        foreach (var key in own.Select(static key => key.GetProperty("id").GetString()).ToList())
        {
            await admin.DeleteAsync($"keys/{key}");
        }

        var result = await RunAsync(ListCredentialsCommand.Name);

        Assert.True(result.Success, result.Message);
        Assert.NotEqual(secret, await OwnSecretAsync());
        Assert.DoesNotContain(graph.Developer.Shown, static shown => shown.StartsWith("An API key is needed", StringComparison.Ordinal));
    }

    [Fact]
    public void The_dashboard_keeps_its_key_beside_the_data_and_readable_only_by_its_owner()
    {
        var server = Services.GetRequiredService<DistributedApplicationModel>().Resources.OfType<EmbeddedPostgresResource>().Single();
        var file = Path.Combine(server.Folder.Root, "dashboard-key");

        Assert.Matches(Secret(), File.ReadAllText(file));
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Fact]
    public void The_key_is_printed_without_its_secret() => Assert.Equal("axv_sk_…", Services.GetRequiredKeyedService<KeptKey>("api").ToString());

    [Theory]
    [InlineData("embedded", "postgres")]
    [InlineData("external", null)]
    public async Task The_data_can_be_reset_only_when_the_AppHost_runs_the_database(string database, string? expected)
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Axvault_AppHost>(
            [$"--AXVAULT_APPHOST_DATABASE={database}", "--ConnectionStrings:vaultdb=Host=127.0.0.1;Database=somebodys"],
            CancellationToken
        );

        var command = builder
            .Resources.Select(static resource => (resource.Name, Command: ResetOf(resource)))
            .SingleOrDefault(static resource => resource.Command is not null);

        Assert.Equal(expected, command.Name);
        Assert.True(expected is null || command.Command!.ConfirmationMessage is { Length: > 0 }, "The reset must ask for confirmation.");
    }

    [Fact]
    public void The_data_of_a_container_can_be_reset()
    {
        var builder = DistributedApplication.CreateBuilder([]);
        var database = builder.AddPostgres("postgres").AddDatabase("vaultdb", "axvault");

        ResetDataCommand.AddTo(database, database.Resource);

        Assert.NotNull(ResetOf(database.Resource.Parent));
    }

    private static ResourceCommandAnnotation? ResetOf(IResource resource) =>
        resource.Annotations.OfType<ResourceCommandAnnotation>().SingleOrDefault(static command => command.Name == ResetDataCommand.Name);

    private ResourceCommandAnnotation CommandOf(string resource, string name) =>
        Services
            .GetRequiredService<DistributedApplicationModel>()
            .Resources.Single(candidate => candidate.Name == resource)
            .Annotations.OfType<ResourceCommandAnnotation>()
            .Single(command => command.Name == name);

    // Runs a command as the dashboard does, with the typed value of every argument.
    private Task<ExecuteCommandResult> RunAsync(string command, params (string Name, string? Value)[] arguments) =>
        graph.Application.ResourceCommands.ExecuteCommandAsync(
            "api",
            command,
            new InteractionInputCollection([
                .. arguments.Select(static argument => new InteractionInput
                {
                    Name = argument.Name,
                    InputType = InputType.Text,
                    Value = argument.Value,
                }),
            ]),
            CancellationToken
        );

    private async Task<string> OwnSecretAsync()
    {
        await RunAsync(ListCredentialsCommand.Name);
        return Services.GetRequiredKeyedService<KeptKey>("api").Reveal()!;
    }

    private async Task<IReadOnlyList<string>> ConsoleAsync()
    {
        var api = Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(static resource => resource.Name == "api");
        return await Services
            .GetRequiredService<ResourceLoggerService>()
            .GetAllAsync(api)
            .SelectMany(static lines => lines)
            .Select(static line => line.Content)
            .ToListAsync(CancellationToken);
    }

    [GeneratedRegex("k_[0-9a-f]{12}")]
    private static partial Regex KeyId();

    [GeneratedRegex("axv_sk_[0-9A-Za-z]{49}")]
    private static partial Regex Secret();
}
