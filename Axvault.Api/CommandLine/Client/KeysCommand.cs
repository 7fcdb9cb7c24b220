using System.CommandLine;
using Axvault.Client;

namespace Axvault.Api.CommandLine.Client;

/// <summary><c>axvault keys</c>: API keys.</summary>
internal static class KeysCommand
{
    /// <summary>Returns the command.</summary>
    public static Command Create() => new("keys", "Make, list, change, rotate and delete API keys.") { List(), CreateKey(), Edit(), Rotate(), Remove() };

    private static Command List()
    {
        var issued = new Option<bool>("--issued") { Description = "List the keys of workloads, too." };
        return ClientVerb.Create(
            "list",
            "List the keys. The calling key must grant *.",
            [issued],
            async (parsed, client, printer, cancellationToken) =>
            {
                var keys = await client.Keys.ListAsync(parsed.GetValue(issued), cancellationToken);
                if (printer.IsJson)
                {
                    Printer.Json(keys, CommandJsonContext.Default.IReadOnlyListApiKey);
                }
                else
                {
                    printer.Table(KeyTable.Headers, [.. keys.Select(KeyTable.Row)], "There is no key.");
                }

                return ExitCode.Success;
            }
        );
    }

    private static Command CreateKey()
    {
        var name = new Argument<string>("NAME") { Description = "Name for people." };
        var access = new AccessFlags();
        return ClientVerb.Create(
            "create",
            """
            Make a key. Its secret is printed once. An access list has names, prefixes that end in *, or *.

            Examples:
              axvault keys create CI --read 'claude.*,codex.ci' --expires 90d
              axvault keys create 'Agent of Ada' --use claude.prod --tokens-per-day 5000000 --expires 8h
              axvault keys create Operator --read '*' --write '*' --grant '*' --cidr 10.0.0.0/8
            """,
            [name, .. access.Symbols],
            async (parsed, client, printer, cancellationToken) =>
            {
                var created = await client.Keys.CreateAsync(
                    new NewApiKey(parsed.GetRequiredValue(name))
                    {
                        ReadAccess = access.Read(parsed) ?? [],
                        WriteAccess = access.Write(parsed) ?? [],
                        GrantAccess = access.Grant(parsed) ?? [],
                        UseAccess = access.Use(parsed) ?? [],
                        RequestsPerMinute = access.Requests(parsed),
                        TokensPerDay = access.Tokens(parsed),
                        AllowedCidrs = access.Cidrs(parsed) ?? [],
                        ExpiresAt = access.Expires(parsed),
                    },
                    cancellationToken
                );
                return Tell(printer, created);
            }
        );
    }

    private static Command Edit()
    {
        var id = Id();
        var name = new Option<string>("--name") { Description = "New name.", HelpName = "text" };
        var access = new AccessFlags();
        var force = ClientArguments.Force("Change it although no other administrator's key is left.");
        return ClientVerb.Create(
            "edit",
            """
            Change a key. A list that is given replaces the present one; '' empties it.

            Example:
              axvault keys edit k_3f9a1c20b7de --read claude.ci --write ''
            """,
            [id, name, .. access.Symbols, force],
            async (parsed, client, printer, cancellationToken) =>
            {
                var changed = await client.Keys.UpdateAsync(
                    parsed.GetRequiredValue(id),
                    new ApiKeyChange
                    {
                        Name = parsed.GetValue(name),
                        ReadAccess = access.Read(parsed),
                        WriteAccess = access.Write(parsed),
                        GrantAccess = access.Grant(parsed),
                        UseAccess = access.Use(parsed),
                        RequestsPerMinute = access.Requests(parsed),
                        TokensPerDay = access.Tokens(parsed),
                        AllowedCidrs = access.Cidrs(parsed),
                        ExpiresAt = access.Expires(parsed),
                    },
                    parsed.GetValue(force),
                    cancellationToken
                );
                if (printer.IsJson)
                {
                    Printer.Json(changed, CommandJsonContext.Default.ApiKey);
                }
                else
                {
                    printer.Table(KeyTable.Headers, [KeyTable.Row(changed)], "");
                }

                return ExitCode.Success;
            }
        );
    }

    private static Command Rotate()
    {
        var id = Id();
        var overlap = new Option<string>("--overlap")
        {
            Description = "Time that the present secret stays valid, such as 12h. 0s ends it at once. By default one day.",
            HelpName = "time",
        };
        return ClientVerb.Create(
            "rotate",
            "Give a key a new secret, which is printed once.",
            [id, overlap],
            async (parsed, client, printer, cancellationToken) =>
            {
                var end = ClientArguments.ParseTime(parsed.GetValue(overlap), "--overlap");
                TimeSpan? time = end is null ? null : TimeSpan.FromSeconds(Math.Max(0, Math.Round((end.Value - TimeProvider.System.GetUtcNow()).TotalSeconds)));
                return Tell(printer, await client.Keys.RotateAsync(parsed.GetRequiredValue(id), time, cancellationToken));
            }
        );
    }

    private static Command Remove()
    {
        var id = Id();
        var force = ClientArguments.Force("Delete it although no other administrator's key is left.");
        var yes = ClientArguments.Yes();
        return ClientVerb.Create(
            "rm",
            "Delete a key. It stops working at once, on every replica. The id \"self\" is the key in use.",
            [id, force, yes],
            async (parsed, client, printer, cancellationToken) =>
            {
                var target = parsed.GetRequiredValue(id);
                if (!await Prompt.ConfirmAsync(parsed.GetValue(yes), $"Delete the key {target}?", cancellationToken))
                {
                    return ExitCode.Failure;
                }

                await (
                    target == "self"
                        ? client.Keys.DeleteSelfAsync(cancellationToken)
                        : client.Keys.DeleteAsync(target, parsed.GetValue(force), cancellationToken)
                );
                if (!printer.IsJson)
                {
                    Printer.Line($"Deleted {target}.");
                }

                return ExitCode.Success;
            }
        );
    }

    private static Argument<string> Id() => new("ID") { Description = "Id of the key, such as k_3f9a1c20b7de." };

    private static int Tell(Printer printer, CreatedApiKey created)
    {
        if (printer.IsJson)
        {
            Printer.Json(new ShownSecret(created.Id, created.RevealSecret()), CommandJsonContext.Default.ShownSecret);
        }
        else if (printer.IsTerminal)
        {
            printer.Table(KeyTable.Headers, [KeyTable.Row(created)], "");
            Printer.Line($"Secret, which is not shown again: {created.RevealSecret()}");
        }
        else
        {
            Printer.Raw(created.RevealSecret());
        }

        return ExitCode.Success;
    }

    // The flags of a key's rights.
    private sealed class AccessFlags
    {
        private readonly Option<string[]> _read = Flag("--read", "Names that the key may read.");
        private readonly Option<string[]> _write = Flag("--write", "Names that the key may write, delete and refresh.");
        private readonly Option<string[]> _use = Flag("--use", "Names that the key may use through the broker, without seeing their values.");
        private readonly Option<string[]> _grant = Flag("--grant", "Entries that the key may put into the lists of other keys.");
        private readonly Option<int?> _requests = new("--requests-per-minute")
        {
            Description = "Calls through the broker in a minute. 0 is no limit.",
            HelpName = "count",
        };

        private readonly Option<long?> _tokens = new("--tokens-per-day")
        {
            Description = "Tokens of these calls in a day (UTC). 0 is no limit.",
            HelpName = "count",
        };

        private readonly Option<string[]> _cidr = new("--cidr") { Description = "Networks from which the key may be used.", HelpName = "network" };
        private readonly Option<string> _expires = new("--expires") { Description = "Expiry: a time, or a duration such as 90d.", HelpName = "time" };

        public IEnumerable<Symbol> Symbols => [_read, _write, _use, _grant, _requests, _tokens, _cidr, _expires];

        public string[]? Read(ParseResult parsed) => ClientArguments.ParseList(parsed.GetValue(_read));

        public string[]? Write(ParseResult parsed) => ClientArguments.ParseList(parsed.GetValue(_write));

        public string[]? Use(ParseResult parsed) => ClientArguments.ParseList(parsed.GetValue(_use));

        public int? Requests(ParseResult parsed) => parsed.GetValue(_requests);

        public long? Tokens(ParseResult parsed) => parsed.GetValue(_tokens);

        public string[]? Grant(ParseResult parsed) => ClientArguments.ParseList(parsed.GetValue(_grant));

        public string[]? Cidrs(ParseResult parsed) => ClientArguments.ParseList(parsed.GetValue(_cidr));

        public DateTimeOffset? Expires(ParseResult parsed) => ClientArguments.ParseTime(parsed.GetValue(_expires), "--expires");

        private static Option<string[]> Flag(string name, string description) => new(name) { Description = description, HelpName = "names" };
    }
}

// A class, because the ToString of a record would print the secret.
/// <summary>A new secret as JSON.</summary>
internal sealed class ShownSecret(string id, string secret)
{
    /// <summary>The id of the key.</summary>
    public string Id => id;

    /// <summary>The secret.</summary>
    public string Secret => secret;
}
