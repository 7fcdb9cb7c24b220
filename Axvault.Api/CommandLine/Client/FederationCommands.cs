using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary><c>axvault rules</c> and <c>axvault issuers</c>: workload identity.</summary>
internal static class FederationCommands
{
    /// <summary>Returns the command for rules.</summary>
    public static Command CreateRules()
    {
        var (shown, put, removed, tested) = (Rule(), Rule(), Rule(), Rule());
        var file = File();
        var token = new Option<string>("--token-file")
        {
            Description = "File of the token, or - for standard input.",
            HelpName = "path",
            Required = true,
        };
        return new Command("rules", "Rules that give API keys to workloads.")
        {
            ClientVerb.Create("list", "List the rules that the key may write.", [], ListRulesAsync),
            ClientVerb.Create(
                "show",
                "Show a rule, as JSON.",
                [shown],
                async (parsed, client, _, cancellationToken) =>
                    Show(await client.Rules.ReadAsync(parsed.GetRequiredValue(shown), cancellationToken), CommandJsonContext.Default.WorkloadRule)
            ),
            ClientVerb.Create(
                "put",
                "Make or replace a rule from JSON (docs/workload-identity.md). A change ends the keys that it has issued.",
                [put, file],
                async (parsed, client, _, cancellationToken) =>
                {
                    var settings = await FederationFile.ReadRuleAsync(parsed.GetValue(file) ?? "-", cancellationToken);
                    var rule = await client.Rules.PutAsync(parsed.GetRequiredValue(put), settings, cancellationToken);
                    foreach (var warning in rule.Warnings)
                    {
                        await Console.Error.WriteLineAsync($"axvault: warning: {Printer.Clean(warning)}");
                    }

                    return Show(rule, CommandJsonContext.Default.WorkloadRule);
                }
            ),
            ClientVerb.Create(
                "test",
                "Test a workload's token against a rule. Nothing is issued, and the token is not stored. Exit code 1: the token does not match.",
                [tested, token],
                async (parsed, client, printer, cancellationToken) =>
                {
                    var text = (await ClientArguments.ReadFileAsync(parsed.GetRequiredValue(token), cancellationToken)).Trim();
                    return TellTest(await client.Rules.TestAsync(parsed.GetRequiredValue(tested), text, cancellationToken), printer);
                }
            ),
            Remove("Delete a rule, and end the keys that it has issued.", removed, static (client, name, token) => client.Rules.DeleteAsync(name, token)),
        };
    }

    /// <summary>Returns the command for issuers.</summary>
    public static Command CreateIssuers()
    {
        var (shown, put, removed, file) = (Issuer(), Issuer(), Issuer(), File());
        return new Command("issuers", "Issuers of workloads' tokens. The calling key must grant *.")
        {
            ClientVerb.Create("list", "List the issuers.", [], ListIssuersAsync),
            ClientVerb.Create(
                "show",
                "Show an issuer and its keys, as JSON.",
                [shown],
                async (parsed, client, _, cancellationToken) =>
                    Show(await client.Issuers.ReadAsync(parsed.GetRequiredValue(shown), cancellationToken), CommandJsonContext.Default.WorkloadIssuer)
            ),
            ClientVerb.Create(
                "put",
                "Make or replace an issuer from JSON (docs/workload-identity.md).",
                [put, file],
                async (parsed, client, _, cancellationToken) =>
                {
                    var settings = await FederationFile.ReadIssuerAsync(parsed.GetValue(file) ?? "-", cancellationToken);
                    return Show(
                        await client.Issuers.PutAsync(parsed.GetRequiredValue(put), settings, cancellationToken),
                        CommandJsonContext.Default.WorkloadIssuer
                    );
                }
            ),
            Remove("Delete an issuer, and end the keys of its rules.", removed, static (client, name, token) => client.Issuers.DeleteAsync(name, token)),
        };
    }

    private static async Task<int> ListRulesAsync(ParseResult parsed, AxvaultClient client, Printer printer, CancellationToken cancellationToken)
    {
        var rules = await client.Rules.ListAsync(cancellationToken);
        if (printer.IsJson)
        {
            return Show(rules, CommandJsonContext.Default.IReadOnlyListWorkloadRule);
        }

        printer.Table(
            ["NAME", "ISSUER", "SUBJECT", "READ", "WRITE", "USE", "GRANT"],
            [
                .. rules.Select(static rule =>
                    new[]
                    {
                        rule.Name,
                        rule.Issuer,
                        rule.Subject,
                        KeyTable.List(rule.ReadAccess),
                        KeyTable.List(rule.WriteAccess),
                        KeyTable.List(rule.UseAccess),
                        KeyTable.List(rule.GrantAccess),
                    }
                ),
            ],
            "There is no rule for this key."
        );
        return ExitCode.Success;
    }

    private static async Task<int> ListIssuersAsync(ParseResult parsed, AxvaultClient client, Printer printer, CancellationToken cancellationToken)
    {
        var issuers = await client.Issuers.ListAsync(cancellationToken);
        if (printer.IsJson)
        {
            return Show(issuers, CommandJsonContext.Default.IReadOnlyListWorkloadIssuer);
        }

        printer.Table(
            ["NAME", "ISSUER", "KEYS", "CHANGED"],
            [
                .. issuers.Select(static issuer =>
                    new[] { issuer.Name, issuer.Issuer, issuer.JwksUrl ?? (issuer.Jwks is null ? "discovery" : "inline"), Printer.Text(issuer.UpdatedAt) }
                ),
            ],
            "There is no issuer."
        );
        return ExitCode.Success;
    }

    private static int TellTest(WorkloadRuleTest test, Printer printer)
    {
        if (printer.IsJson)
        {
            Printer.Json(test, CommandJsonContext.Default.WorkloadRuleTest);
        }
        else
        {
            printer.Table(
                ["CONDITION", "HOLDS", "EXPECTED", "FOUND", "REASON"],
                [.. test.Checks.Select(static check => new[] { check.Name, check.Holds ? "yes" : "no", check.Expected, check.Found, check.Reason })],
                ""
            );
        }

        return test.Matches ? ExitCode.Success : ExitCode.Failure;
    }

    private static Command Remove(string description, Argument<string> name, Func<AxvaultClient, string, CancellationToken, Task> remove)
    {
        var yes = ClientArguments.Yes();
        return ClientVerb.Create(
            "rm",
            description,
            [name, yes],
            async (parsed, client, printer, cancellationToken) =>
            {
                var target = parsed.GetRequiredValue(name);
                if (!await Prompt.ConfirmAsync(parsed.GetValue(yes), $"Delete {target}, and end its keys?", cancellationToken))
                {
                    return ExitCode.Failure;
                }

                await remove(client, target, cancellationToken);
                if (!printer.IsJson)
                {
                    Printer.Line($"Deleted {target}.");
                }

                return ExitCode.Success;
            }
        );
    }

    private static Argument<string> Rule() => new("RULE") { Description = "Name of the rule." };

    private static Argument<string> Issuer() => new("ISSUER") { Description = "Name of the issuer." };

    private static Option<string> File() => new("--file") { Description = "JSON file, or - for standard input, which is the default.", HelpName = "path" };

    private static int Show<T>(T value, JsonTypeInfo<T> type)
    {
        Printer.Json(value, type);
        return ExitCode.Success;
    }
}
