using Axvault.Hosting.Http;
using Axvault.Hosting.Keys;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Hosting.Commands;

/// <summary>"Refresh a credential now".</summary>
internal static class RefreshCredentialCommand
{
    /// <summary>The command's name.</summary>
    public const string Name = "refresh-credential";

    /// <summary>Adds the command.</summary>
    public static void AddTo<T>(IResourceBuilder<T> vault)
        where T : IResource =>
        vault.AddCommand(
            Name,
            "Refresh a credential now",
            new CommandOptions
            {
                Description = "Asks the provider for fresh tokens, whether or not they are about to expire.",
                IconName = "ArrowSync",
                Arguments =
                [
                    new InteractionInput
                    {
                        Name = "credential",
                        Label = "Credential",
                        InputType = InputType.Choice,
                        Required = true,
                        Placeholder = "Which?",
                        DynamicLoading = new InputLoadOptions { LoadCallback = context => OfferAsync(context, vault.Resource.Name) },
                    },
                    new InteractionInput
                    {
                        Name = "force",
                        Label = "Even if the provider may have taken the token the last time",
                        Description = "Taking it twice may revoke the login.",
                        InputType = InputType.Boolean,
                        Value = "false",
                    },
                ],
            },
            RunAsync
        );

    private static async Task OfferAsync(LoadInputContext context, string resource)
    {
        try
        {
            var vault = context.Services.GetRequiredKeyedService<VaultSession>(resource);
            var list = await vault.SendAsync(HttpMethod.Get, "/api/v1/credentials", VaultApiJson.Default.CredentialList, context.CancellationToken);
            context.Input.Options =
            [
                .. list
                    .Credentials.Where(static credential => credential.IsRefreshable)
                    .Select(static credential => KeyValuePair.Create(credential.Name, credential.Name)),
            ];
        }
        catch (Exception exception) when (exception is VaultApiException or OperationCanceledException)
        {
            // Without a list of credentials there is no choice to offer.
            context.Input.Options = [];
        }
    }

    private static async Task<ExecuteCommandResult> RunAsync(ExecuteCommandContext context, VaultSession vault)
    {
        var name = context.Arguments.GetString("credential") ?? "";
        var force = context.Arguments.GetBoolean("force") ? "?force=true" : "";
        var credential = await vault.SendAsync(
            HttpMethod.Post,
            $"/api/v1/credentials/{Uri.EscapeDataString(name)}/refresh{force}",
            VaultApiJson.Default.Credential,
            context.CancellationToken
        );
        return CommandResults.Success(
            $"{credential.Name} has fresh tokens.",
            ListCredentialsCommand.Table([credential]),
            CommandResultFormat.Markdown,
            displayImmediately: true
        );
    }
}
