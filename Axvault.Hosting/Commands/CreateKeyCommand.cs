using Axvault.Hosting.Http;
using Axvault.Hosting.Keys;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Hosting.Commands;

/// <summary>"Create an API key".</summary>
internal static class CreateKeyCommand
{
    /// <summary>The command's name.</summary>
    public const string Name = "create-api-key";

    /// <summary>Adds the command.</summary>
    public static void AddTo<T>(IResourceBuilder<T> vault)
        where T : IResource =>
        vault.AddCommand(
            Name,
            "Create an API key",
            new CommandOptions
            {
                Description = "Makes a key for an agent. Its secret is shown once.",
                IconName = "KeyMultiple",
                // A tool that calls commands could keep the answer.
                Visibility = ResourceCommandVisibility.UI,
                Arguments =
                [
                    new InteractionInput
                    {
                        Name = "name",
                        Label = "Name",
                        InputType = InputType.Text,
                        Required = true,
                        MaxLength = 256,
                        Placeholder = "CI",
                    },
                    List("readAccess", "May read", "claude.*, codex.prod"),
                    List("writeAccess", "May write", ""),
                    List("grantAccess", "May grant", ""),
                ],
            },
            RunAsync
        );

    private static InteractionInput List(string name, string label, string placeholder) =>
        new()
        {
            Name = name,
            Label = label,
            InputType = InputType.Text,
            Placeholder = placeholder,
            Description = "Credentials by name, by prefix (claude.*), or all (*); several are separated by commas.",
        };

    private static async Task<ExecuteCommandResult> RunAsync(ExecuteCommandContext context, VaultSession vault)
    {
        var dialogs = context.Services.GetRequiredService<IInteractionService>();
        if (!dialogs.IsAvailable)
        {
            return CommandResults.Failure("The secret of a new key is shown in a dialog. Run the command in the dashboard.");
        }

        var request = new KeyRequest(
            context.Arguments.GetString("name") ?? "",
            Entries(context, "readAccess"),
            Entries(context, "writeAccess"),
            Entries(context, "grantAccess")
        );
        var created = await vault.SendAsync(
            HttpMethod.Post,
            "/api/v1/keys",
            request,
            VaultApiJson.Default.KeyRequest,
            VaultApiJson.Default.CreatedKey,
            context.CancellationToken
        );
        // The dashboard would keep the result of a command among its notifications, so the secret is in a dialog.
        await dialogs.PromptMessageBoxAsync(
            $"The secret of {created.Id}",
            $"It cannot be shown again:\n\n`{created.Secret}`",
            new MessageBoxInteractionOptions
            {
                EnableMessageMarkdown = true,
                Intent = MessageIntent.Success,
                PrimaryButtonText = "I have it",
            },
            context.CancellationToken
        );
        return CommandResults.Success($"The key {created.Id} is made.");
    }

    private static string[] Entries(ExecuteCommandContext context, string name) =>
        (context.Arguments.GetString(name) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
