using System.Net;
using System.Text.Json;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Clients;

/// <summary><c>axvault audit</c> through the API.</summary>
public sealed class AuditCommandServerTests(VaultFixture vault) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task Entries_are_filtered_and_have_a_line_each()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        (await vault.Admin.PutCredentialAsync("audit.lines")).Is(HttpStatusCode.Created);
        (await vault.Admin.GetAsync("credentials/audit.lines")).Is(HttpStatusCode.OK);

        var run = await user.RunAsync("audit", "--credential", "audit.lines", "--since", "1h");
        Assert.Equal(["credential.read", "credential.put"], run.Output.TrimEnd().Split('\n').Select(static line => line.Split('\t')[1]));

        var json = await user.RunAsync("audit", "--credential", "audit.lines", "--action", "credential.put", "--json");
        using var entry = JsonDocument.Parse(Assert.Single(json.Output.TrimEnd().Split('\n')));
        Assert.Equal("success", entry.RootElement.GetProperty("outcome").GetString());
    }

    [Fact]
    public async Task New_entries_are_followed_until_the_command_is_told_to_stop()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);
        (await vault.Admin.PutCredentialAsync("audit.followed")).Is(HttpStatusCode.Created);
        using var process = user.Start("audit", "--credential", "audit.followed", "--follow");

        Assert.Contains("credential.put", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        (await vault.Admin.GetAsync("credentials/audit.followed")).Is(HttpStatusCode.OK);
        Assert.Contains("credential.read", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);

        Signal.Send(process.Id, Signal.Terminate);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("", await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Without_a_database_the_server_verifies()
    {
        using var user = new ClientProgram(vault.Server, vault.Admin.Secret);

        var run = await user.RunAsync("audit", "verify");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Matches("^The audit log is intact: [0-9]+ entries in [0-9]+ lanes, up to checkpoint [0-9]+", run.Output);
        using var other = new ClientProgram(vault.Server, (await vault.Admin.CreateKeyAsync(["x"])).Secret);
        Assert.Equal(5, (await other.RunAsync("audit", "verify")).ExitCode);
    }
}
