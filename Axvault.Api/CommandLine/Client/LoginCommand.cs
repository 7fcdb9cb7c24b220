using System.CommandLine;
using Axvault.Client;
using Axvault.Client.Identity;

namespace Axvault.Api.CommandLine.Client;

/// <summary><c>axvault login</c>, <c>whoami</c> and <c>logout</c>.</summary>
internal static class LoginCommand
{
    private const string DefaultUrl = "http://127.0.0.1:3847";

    /// <summary>Returns the command that logs in.</summary>
    public static Command Create()
    {
        var url = new Argument<string>("URL") { Description = $"Address of the server.", DefaultValueFactory = static _ => DefaultUrl };
        var oidc = new Option<bool>("--oidc") { Description = "Log in with the identity of this workload instead of a key." };
        var rule = new Option<string>("--rule") { Description = "Rule that takes the workload's token.", HelpName = "name" };
        var audience = new Option<string>("--audience") { Description = "Audience of the token in GitHub Actions. By default the URL.", HelpName = "text" };
        var file = new Option<string>("--token-file")
        {
            Description = "File of the token. By default AXVAULT_ID_TOKEN_FILE, AXVAULT_ID_TOKEN or GitHub's.",
            HelpName = "path",
        };
        var command = new Command(
            "login",
            """
            Log in to a server, and keep the login for the other commands. The key is asked for, or read from standard input.

            Examples:
              axvault login https://vault.example.com
              axvault login https://vault.example.com < key.txt
              axvault login https://vault.example.com --oidc --rule github-main
            """
        );
        ClientVerb.AddTo(command, [url, oidc, rule, audience, file]);
        command.SetAction(
            (parsed, cancellationToken) =>
                ClientVerb.GuardAsync(async () =>
                {
                    var options = new AxvaultClientOptions { Url = AxvaultClientOptions.ParseUrl(parsed.GetValue(url), "URL") };
                    var isIssued = parsed.GetValue(oidc) || parsed.GetValue(rule) is not null;
                    if (isIssued)
                    {
                        options.Rule = parsed.GetValue(rule) ?? throw ClientArguments.Wrong("--rule: expected the name of a rule.");
                        options.Audience = parsed.GetValue(audience);
                        options.TokenFile = parsed.GetValue(file);
                        // The vault takes a token once, so the key that it gives is kept.
                        using var exchange = ApiKeySource.Of(options);
                        options = new AxvaultClientOptions { Url = options.Url, ApiKey = await exchange.GetAsync(cancellationToken) };
                    }
                    else
                    {
                        options.ApiKey = await Prompt.SecretAsync("API key (axv_sk_…):", cancellationToken);
                    }

                    using var connection = AxvaultClient.Connect(options);
                    var key = await connection.Client.Keys.ReadSelfAsync(cancellationToken);
                    KeptLogin.Keep(new Login { Url = options.Url, ApiKey = options.ApiKey, IsIssued = isIssued });
                    Console.Out.WriteLine($"Logged in as {Printer.Clean(key.Name)} ({key.Id}). The login is in {KeptLogin.Path}.");
                    return ExitCode.Success;
                })
        );
        return command;
    }

    /// <summary>Returns the command that removes the login.</summary>
    public static Command CreateLogout()
    {
        var command = new Command("logout", "Remove the kept login. A key that --oidc has made ends; another one stays valid, and axvault keys rm ends it.");
        command.SetAction(
            static (_, cancellationToken) =>
                ClientVerb.GuardAsync(async () =>
                {
                    if (await FindAsync() is { IsIssued: true } login)
                    {
                        await EndAsync(login, cancellationToken);
                    }

                    Console.Out.WriteLine(KeptLogin.Remove() ? "Logged out." : "There was no login.");
                    return ExitCode.Success;
                })
        );
        return command;
    }

    /// <summary>Returns the command that tells the key in use.</summary>
    public static Command CreateWhoami() =>
        ClientVerb.Create(
            "whoami",
            "Show the key in use: what it may do, until when, and at which server.",
            [],
            static async (_, client, printer, cancellationToken) =>
            {
                var key = await client.Keys.ReadSelfAsync(cancellationToken);
                if (printer.IsJson)
                {
                    Printer.Json(key, CommandJsonContext.Default.ApiKey);
                    return ExitCode.Success;
                }

                printer.Details(
                    ("Key", $"{key.Name} ({key.Id})"),
                    ("Server", $"{client.Transport.Address}, version {key.ServerVersion}"),
                    ("Login", ClientConfiguration.Read().Source),
                    ("Read", KeyTable.List(key.ReadAccess)),
                    ("Write", KeyTable.List(key.WriteAccess)),
                    ("Use", KeyTable.List(key.UseAccess)),
                    ("Grant", KeyTable.List(key.GrantAccess)),
                    ("Expires", key.ExpiresAt is null ? "never" : Printer.Text(key.ExpiresAt)),
                    ("Networks", key.AllowedCidrs.Count == 0 ? "any" : string.Join(", ", key.AllowedCidrs)),
                    ("Rule", key.Rule),
                    ("Subject", key.Subject)
                );
                return ExitCode.Success;
            }
        );

    // A file that cannot be read must not keep a user logged in.
    private static async Task<Login?> FindAsync()
    {
        try
        {
            return KeptLogin.Find();
        }
        catch (AxvaultException)
        {
            await Console.Error.WriteLineAsync(
                $"axvault: warning: The login in {KeptLogin.Path} cannot be read. A key that --oidc has made stays valid until it expires."
            );
            return null;
        }
    }

    private static async Task EndAsync(Login login, CancellationToken cancellationToken)
    {
        using var connection = AxvaultClient.Connect(login.ToOptions());
        try
        {
            await connection.Client.Keys.DeleteSelfAsync(cancellationToken);
        }
        catch (AxvaultException exception) when (exception.Error == AxvaultError.Unauthorized)
        {
            // The key has ended already.
        }
    }
}
