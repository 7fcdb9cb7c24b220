using System.Net;
using Aspire.Hosting.Testing;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Hosting;

/// <summary>The AppHost in <c>samples</c>, on a database of the test in place of a container.</summary>
public sealed class SampleTests(VaultGraph graph)
{
    private const string Token = "sk-ant-oat-of-the-sample";

    [Fact]
    public async Task The_app_of_the_sample_calls_its_provider_with_the_token_of_the_vault()
    {
        await using var database = await graph.CreateDatabaseAsync();
        using var folder = new TestFolder();
        LeakWatch.Secrets.Add(Token, SecretKind.CredentialData);
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Sample_AppHost>(
            [
                $"--ConnectionStrings:vaultdb={database.ConnectionString}",
                $"--KeyFolder={folder.Path}",
                $"--Parameters:claude-login={Token}",
                $"--Parameters:vault-encryption-key={ServerSettings.DefaultKey}",
            ],
            TestContext.Current.CancellationToken
        );
        await using var application = await builder.BuildAsync(TestContext.Current.CancellationToken);
        await application.StartAsync(TestContext.Current.CancellationToken);
        await application.ResourceNotifications.WaitForResourceHealthyAsync("agent", TestContext.Current.CancellationToken);

        using var client = application.CreateHttpClient("agent", "http");
        using var answer = await client.GetAsync("/", TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("The provider knows the token.", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
