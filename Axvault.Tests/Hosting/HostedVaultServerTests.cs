using System.Net;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Hosting;

/// <summary>A vault in an AppHost that runs: its first credential, and the keys and tokens of the resources that use it.</summary>
public sealed class HostedVaultServerTests(VaultGraph graph)
{
    [Fact]
    public async Task A_consumer_gets_a_key_for_its_credentials_alone_and_a_token()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The consumer is a program of Unix.");
        await using var database = await graph.CreateDatabaseAsync();
        using var folder = new TestFolder();
        await using var hosted = await HostedVault.StartAsync(
            database,
            folder,
            static (builder, vault) =>
            {
                Consumer(builder, "web").WithReference(vault).WithAxvaultCredential(vault, "claude.prod", "ANTHROPIC_AUTH_TOKEN");
                Consumer(builder, "jobs").WithReference(vault, ["codex.*"]);
            }
        );

        var web = await hosted.VariablesOfAsync("web");
        var jobs = await hosted.VariablesOfAsync("jobs");

        Assert.Equal($"Endpoint={web["VAULT_URI"]};Key={web["VAULT_KEY"]}", web["ConnectionStrings__vault"]);
        Assert.Equal(hosted.Address, new Uri(web["VAULT_URI"]!));
        Assert.Equal(HostedVault.Token, web["ANTHROPIC_AUTH_TOKEN"]);
        Assert.NotEqual(web["VAULT_KEY"], jobs["VAULT_KEY"]);
        using var admin = new VaultClient(hosted.Address, hosted.Secret);
        (await admin.PutCredentialAsync("codex.prod")).Is(HttpStatusCode.Created);
        using var reader = admin.With(web["VAULT_KEY"]);
        Assert.Equal("oauth-token", (await reader.GetAsync("credentials/claude.prod")).Is(HttpStatusCode.OK).Json.GetProperty("type").GetString());
        (await reader.GetAsync("credentials/codex.prod")).Is(HttpStatusCode.Forbidden);
        (await reader.PutCredentialAsync("claude.prod")).Is(HttpStatusCode.Forbidden);
        (await reader.GetAsync("keys")).Is(HttpStatusCode.Forbidden);
        using var other = admin.With(jobs["VAULT_KEY"]);
        (await other.GetAsync("credentials/codex.prod")).Is(HttpStatusCode.OK);
        (await other.GetAsync("credentials/claude.prod")).Is(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task The_next_start_keeps_the_keys_and_the_credential_and_applies_new_access()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The consumer is a program of Unix.");
        await using var database = await graph.CreateDatabaseAsync();
        using var folder = new TestFolder();
        string? key;
        await using (var first = await HostedVault.StartAsync(database, folder, static (builder, vault) => Consumer(builder, "web").WithReference(vault)))
        {
            key = (await first.VariablesOfAsync("web"))["VAULT_KEY"];
            using var admin = new VaultClient(first.Address, first.Secret);
            (await admin.PutAsync("credentials/claude.prod", """{"type":"oauth-token","data":{"accessToken":"sk-ant-oat-newer"}}""")).Is(
                HttpStatusCode.Created
            );
        }

        await using var next = await HostedVault.StartAsync(
            database,
            folder,
            static (builder, vault) => Consumer(builder, "web").WithReference(vault, ["codex.*"]).WithAxvaultCredential(vault, "claude.prod", "TOKEN")
        );

        var web = await next.VariablesOfAsync("web");
        Assert.Equal((key, "sk-ant-oat-newer"), (web["VAULT_KEY"], web["TOKEN"]));
        using var reader = new VaultClient(next.Address, key);
        (await reader.GetAsync("credentials/claude.prod")).Is(HttpStatusCode.Forbidden);
        Assert.All(
            Directory.EnumerateFiles(Path.Combine(folder.Path, "keys")),
            static file => Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(file) == (UnixFileMode.UserRead | UnixFileMode.UserWrite), file)
        );
    }

    [Fact]
    public async Task A_credential_that_is_missing_keeps_its_consumer_from_starting()
    {
        await using var database = await graph.CreateDatabaseAsync();
        using var folder = new TestFolder();
        await using var hosted = await HostedVault.StartAsync(
            database,
            folder,
            static (builder, vault) => Consumer(builder, "web").WithAxvaultCredential(vault, "no-such-credential", "TOKEN")
        );

        await hosted.WaitAsync("web", KnownResourceStates.FailedToStart);
    }

    private static IResourceBuilder<ExecutableResource> Consumer(IDistributedApplicationBuilder builder, string name) =>
        builder.AddExecutable(name, "sleep", ".", "600");
}
