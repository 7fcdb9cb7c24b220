using Axvault.Client;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Issuer;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Clients;

/// <summary>The client library and the program with the identity of a workload instead of a key.</summary>
public sealed class WorkloadIdentityServerTests(WorkloadFleet fleet) : IClassFixture<WorkloadFleet>
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_client_exchanges_its_token_once_and_again_when_the_key_has_ended()
    {
        using var folder = new TestFolder();
        var rule = await fleet.RuleAsync();
        var file = Path.Combine(folder.Path, "token");
        Write(file);
        using var connection = AxvaultClient.Connect(
            new AxvaultClientOptions
            {
                Url = fleet.Servers[0].Address,
                Rule = rule,
                TokenFile = file,
            }
        );

        var first = await connection.Client.Keys.ReadSelfAsync(CancellationToken);
        Assert.Equal((rule, WorkloadFleet.Subject), (first.Rule, first.Subject));
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => connection.Client.Credentials.ReadAsync("claude", CancellationToken)));
        Assert.Equal(first.Id, (await connection.Client.Keys.ReadSelfAsync(CancellationToken)).Id);

        (await fleet.Admin.DeleteAsync($"keys/{first.Id}")).Is(System.Net.HttpStatusCode.NoContent);
        Write(file);
        Assert.NotEqual(first.Id, (await connection.Client.Keys.ReadSelfAsync(CancellationToken)).Id);
    }

    [Fact]
    public async Task A_refused_token_is_unauthorized()
    {
        using var folder = new TestFolder();
        var file = Path.Combine(folder.Path, "token");
        Write(file);
        using var connection = AxvaultClient.Connect(
            new AxvaultClientOptions
            {
                Url = fleet.Servers[0].Address,
                Rule = "no-such-rule",
                TokenFile = file,
            }
        );

        var refused = await Assert.ThrowsAsync<AxvaultException>(() => connection.Client.Keys.ReadSelfAsync(CancellationToken));

        Assert.Equal(AxvaultError.Unauthorized, refused.Error);
        Assert.DoesNotContain(await File.ReadAllTextAsync(file, CancellationToken), refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_logs_in_with_a_token_and_ends_the_key_with_the_login()
    {
        using var job = new ClientProgram();
        var rule = await fleet.RuleAsync();
        Write(Path.Combine(job.Home, "token"));

        var login = await job.RunAsync("login", fleet.Servers[0].Address.ToString(), "--oidc", "--rule", rule, "--token-file", "token");
        Assert.Equal((0, ""), (login.ExitCode, login.Errors));
        Assert.Equal("sk-1\n", (await job.RunAsync("token", "claude")).Output);
        var known = await job.RunAsync("whoami");
        Assert.Contains($"Rule\t{rule}", known.Output, StringComparison.Ordinal);
        var id = known.Output.Split('(')[1].Split(')')[0];

        Assert.Equal("Logged out.\n", (await job.RunAsync("logout")).Output);
        (await fleet.Admin.GetAsync($"keys/{id}")).IsNotFound();
        Assert.Equal(3, (await job.RunAsync("token", "claude")).ExitCode);
    }

    private void Write(string file)
    {
        var token = fleet.Token();
        LeakWatch.Secrets.Add(token, SecretKind.SentKey);
        File.WriteAllText(file, token);
    }
}
