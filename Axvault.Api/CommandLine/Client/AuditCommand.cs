using System.CommandLine;
using System.Text.Json;
using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary><c>axvault audit</c>: the audit log of a server.</summary>
internal static class AuditCommand
{
    private const int DefaultLimit = 50;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // An entry can be committed a little after a later one of another lane.
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(10);

    /// <summary>Returns the command.</summary>
    public static Command Create()
    {
        var since = Text("--since", "Earliest time, or a duration back from now, such as 2h.", "time");
        var until = Text("--until", "Latest time, or a duration back from now.", "time");
        var action = Text("--action", "Action, such as credential.read.", "name");
        var outcome = Text("--outcome", "success, denied or failure.", "name");
        var key = Text("--key", "Id of the caller's key.", "id");
        var credential = Text("--credential", "Name of the credential.", "name");
        var limit = new Option<int>("--limit")
        {
            Description = "Greatest number of entries.",
            DefaultValueFactory = static _ => DefaultLimit,
            HelpName = "number",
        };
        var follow = new Option<bool>("--follow", "-f") { Description = "Print new entries as they come, until Ctrl-C." };
        var command = ClientVerb.Create(
            "audit",
            """
            Print the audit log, newest first. With --follow, oldest first, and then new entries as they come.

            Examples:
              axvault audit --credential claude.prod --since 24h
              axvault audit --outcome denied --follow
              axvault audit --limit 1000 --json | jq -r .clientAddress | sort | uniq -c
            """,
            [since, until, action, outcome, key, credential, limit, follow],
            async (parsed, client, printer, cancellationToken) =>
            {
                var query = new AuditQuery
                {
                    Since = ClientArguments.ParseTime(parsed.GetValue(since), "--since", -1),
                    Until = ClientArguments.ParseTime(parsed.GetValue(until), "--until", -1),
                    Action = parsed.GetValue(action),
                    Outcome = parsed.GetValue(outcome),
                    Key = parsed.GetValue(key),
                    Credential = parsed.GetValue(credential),
                };
                var first = await client.Audit.ListAsync(query, cancellationToken).Take(Math.Max(1, parsed.GetValue(limit))).ToListAsync(cancellationToken);
                if (parsed.GetValue(follow))
                {
                    await FollowAsync(client, query, first, printer, cancellationToken);
                }
                else
                {
                    Print(first, printer);
                }

                return ExitCode.Success;
            }
        );
        command.Subcommands.Add(VerifyCommand.Create());
        return command;
    }

    private static async Task FollowAsync(
        AxvaultClient client,
        AuditQuery query,
        List<AuditEntry> first,
        Printer printer,
        CancellationToken cancellationToken
    )
    {
        var seen = new Dictionary<(long, long), DateTimeOffset>();
        var fresh = first;
        var newest = TimeProvider.System.GetUtcNow() - Lateness;
        while (true)
        {
            foreach (var entry in Enumerable.Reverse(fresh).Where(entry => seen.TryAdd((entry.Lane, entry.Sequence), entry.At)))
            {
                PrintLine(entry, printer);
                newest = entry.At > newest ? entry.At : newest;
            }

            foreach (var old in seen.Where(pair => pair.Value < newest - (2 * Lateness)).Select(static pair => pair.Key).ToList())
            {
                seen.Remove(old);
            }

            await Task.Delay(Pause, cancellationToken);
            var recent = query with { Since = Later(query.Since, newest - Lateness) };
            fresh = await client.Audit.ListAsync(recent, cancellationToken).ToListAsync(cancellationToken);
        }
    }

    private static DateTimeOffset Later(DateTimeOffset? first, DateTimeOffset second) => first > second ? first.Value : second;

    private static void Print(List<AuditEntry> entries, Printer printer)
    {
        if (printer.IsTerminal && !printer.IsJson)
        {
            printer.Table(
                ["TIME", "ACTION", "OUTCOME", "TARGET", "KEY", "ADDRESS", "REASON"],
                [.. entries.Select(Row)],
                "No entry matches."
            );
            return;
        }

        entries.ForEach(entry => PrintLine(entry, printer));
    }

    private static void PrintLine(AuditEntry entry, Printer printer)
    {
        if (printer.IsJson)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(entry, LineJsonContext.Default.AuditEntry));
        }
        else
        {
            Console.Out.WriteLine(string.Join(printer.IsTerminal ? "  " : "\t", Row(entry).Select(Printer.Clean)));
        }
    }

    private static string?[] Row(AuditEntry entry) =>
        [
            entry.At.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture),
            entry.Action,
            entry.Outcome,
            entry.Target,
            entry.KeyName is null ? entry.KeyId : $"{entry.KeyName} ({entry.KeyId})",
            entry.ClientAddress,
            entry.Reason,
        ];

    private static Option<string> Text(string name, string description, string help) => new(name) { Description = description, HelpName = help };
}
