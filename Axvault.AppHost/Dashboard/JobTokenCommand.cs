using System.Net;
using Axvault.Hosting.Commands;
using Axvault.Hosting.Http;
using Axvault.Hosting.Keys;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.AppHost.Dashboard;

/// <summary>"Make a job token", for trying workload identity out.</summary>
internal static class JobTokenCommand
{
    /// <summary>The command's name.</summary>
    public const string Name = "make-job-token";

    private const string ExampleRule = "example";

    /// <summary>Adds the command.</summary>
    public static void AddTo(IResourceBuilder<AxvaultResource> api) =>
        api.AddCommand(
            Name,
            "Make a job token",
            new CommandOptions
            {
                Description = "Makes a token such as a CI job has, for a rule of the issuer development, and shows the call that exchanges it for a key.",
                IconName = "PersonKey",
                Arguments =
                [
                    new InteractionInput
                    {
                        Name = "rule",
                        Label = "Rule",
                        Description = "A rule of the issuer development. The rule example is made when it is missing.",
                        InputType = InputType.Text,
                        Required = true,
                        MaxLength = 128,
                        Value = ExampleRule,
                    },
                ],
            },
            RunAsync
        );

    private static async Task<ExecuteCommandResult> RunAsync(ExecuteCommandContext context, VaultSession vault)
    {
        var name = context.Arguments.GetString("rule") ?? ExampleRule;
        var issuer = context.Services.GetRequiredService<DevelopmentIssuer>();
        await vault.SendAsync(
            HttpMethod.Put,
            $"/api/v1/issuers/{DevelopmentIssuer.Name}",
            issuer.Describe(),
            VaultApiJson.Default.Issuer,
            VaultApiJson.Default.JsonElement,
            context.CancellationToken
        );
        var rule = await FindAsync(vault, name, context.CancellationToken);
        return rule.Issuer == DevelopmentIssuer.Name
            ? CommandResults.Success(
                $"A token for the rule {name}, valid for five minutes and for one exchange.",
                $"""
                curl -s $AXVAULT_URL/api/v1/token \
                  -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \
                  -d subject_token_type=urn:ietf:params:oauth:token-type:jwt \
                  -d client_id={name} -d subject_token={issuer.Mint(rule)}
                """,
                CommandResultFormat.Text,
                displayImmediately: true
            )
            : CommandResults.Failure($"The rule {name} is of the issuer {rule.Issuer}. Only that issuer makes tokens for it.");
    }

    private static async Task<Rule> FindAsync(VaultSession vault, string name, CancellationToken cancellationToken)
    {
        var path = $"/api/v1/rules/{Uri.EscapeDataString(name)}";
        try
        {
            return await vault.SendAsync(HttpMethod.Get, path, VaultApiJson.Default.Rule, cancellationToken);
        }
        catch (VaultApiException exception) when (exception.Status == HttpStatusCode.NotFound && name == ExampleRule)
        {
            var rule = new Rule(DevelopmentIssuer.Name, "http://axvault.localhost", "repo:octo/app:ref:refs/heads/main") { ReadAccess = ["*"] };
            return await vault.SendAsync(HttpMethod.Put, path, rule, VaultApiJson.Default.Rule, VaultApiJson.Default.Rule, cancellationToken);
        }
    }
}
