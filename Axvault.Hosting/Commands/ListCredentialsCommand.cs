using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Axvault.Hosting.Http;
using Axvault.Hosting.Keys;

namespace Axvault.Hosting.Commands;

/// <summary>"List credentials".</summary>
internal static partial class ListCredentialsCommand
{
    /// <summary>The command's name.</summary>
    public const string Name = "list-credentials";

    /// <summary>Adds the command.</summary>
    public static void AddTo<T>(IResourceBuilder<T> vault)
        where T : IResource =>
        vault.AddCommand(
            Name,
            "List credentials",
            new CommandOptions { Description = "What is in the vault, when it expires, and how its refresh goes. Never the data.", IconName = "TableSimple" },
            RunAsync
        );

    /// <summary>The table, as Markdown.</summary>
    public static string Table(IEnumerable<Credential> credentials)
    {
        var table = new StringBuilder("| Name | Type | Provider | Expires | Refresh | Refreshed | Next attempt |\n|---|---|---|---|---|---|---|\n");
        foreach (var credential in credentials)
        {
            string?[] cells =
            [
                credential.Name,
                credential.Type,
                credential.Provider ?? credential.Agent,
                Time(credential.ExpiresAt),
                Status(credential.Refresh),
                Time(credential.Refresh?.LastRefreshedAt),
                Time(credential.Refresh?.NextAttemptAt),
            ];
            table.Append("| ").AppendJoin(" | ", cells.Select(Cell)).Append(" |\n");
        }

        return table.ToString();
    }

    private static async Task<ExecuteCommandResult> RunAsync(ExecuteCommandContext context, VaultSession vault)
    {
        var list = await vault.SendAsync(HttpMethod.Get, "/api/v1/credentials", VaultApiJson.Default.CredentialList, context.CancellationToken);
        return list.Credentials.Count == 0
            ? CommandResults.Success("The vault holds no credential.")
            : CommandResults.Success(
                $"The vault holds {list.Credentials.Count}.",
                Table(list.Credentials),
                CommandResultFormat.Markdown,
                displayImmediately: true
            );
    }

    private static string? Status(RefreshState? refresh) => refresh is { Error: { } error } ? $"{refresh.Status} ({error})" : refresh?.Status;

    private static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'Z'", CultureInfo.InvariantCulture);

    // A client chose this text. It must not end a cell or become a link.
    private static string Cell(string? text) => Active().Replace(text ?? "", @"\$0");

    [GeneratedRegex(@"[\\`*_\[\]<>|~&]")]
    private static partial Regex Active();
}
