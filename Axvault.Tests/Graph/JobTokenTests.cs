using System.Net;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Axvault.AppHost.Dashboard;
using Axvault.Hosting.Keys;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Tests.Graph;

/// <summary>The command that makes a job token, for trying workload identity out in the graph.</summary>
public sealed partial class JobTokenTests(VaultGraph graph)
{
    [Fact]
    public async Task A_job_token_is_exchanged_once_by_the_call_that_is_shown()
    {
        var result = await RunAsync("example");

        Assert.True(result.Success, result.Message);
        using var admin = new VaultClient(graph.ApiUrl, graph.Application.Services.GetRequiredKeyedService<KeptKey>("api").Reveal());
        using var anonymous = admin.With(null);
        var fields = Field().Matches(result.Data!.Value).ToDictionary(static field => field.Groups["name"].Value, static field => field.Groups["value"].Value);
        using var form = new FormUrlEncodedContent(fields);
        var key = (await anonymous.SendAsync(HttpMethod.Post, "token", form)).Is(HttpStatusCode.OK).Json.GetProperty("access_token").GetString();
        using var job = admin.With(key);
        (await job.GetAsync("credentials/no-such-credential")).IsNotFound();
        using var again = new FormUrlEncodedContent(fields);
        Assert.Equal("invalid_grant", (await anonymous.SendAsync(HttpMethod.Post, "token", again)).Json.GetProperty("error").GetString());
    }

    [Fact]
    public async Task A_rule_that_is_missing_is_told()
    {
        var result = await RunAsync("no-such-rule");

        Assert.False(result.Success);
        Assert.Equal("There is no such rule.", result.Message);
    }

    private Task<ExecuteCommandResult> RunAsync(string rule) =>
        graph.Application.ResourceCommands.ExecuteCommandAsync(
            "api",
            JobTokenCommand.Name,
            new InteractionInputCollection([
                new InteractionInput
                {
                    Name = "rule",
                    InputType = InputType.Text,
                    Value = rule,
                },
            ]),
            TestContext.Current.CancellationToken
        );

    [GeneratedRegex("-d (?<name>[a-z_]+)=(?<value>[^ \\n]+)")]
    private static partial Regex Field();
}
