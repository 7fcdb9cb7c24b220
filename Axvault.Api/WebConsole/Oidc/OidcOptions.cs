using Axvault.Api.Authorization;
using Axvault.Api.Federation;
using Axvault.Api.Federation.KeySets;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Settings;

namespace Axvault.Api.WebConsole.Oidc;

/// <summary>The settings of the sign-in at an OpenID provider.</summary>
internal sealed record OidcOptions
{
    public static readonly Setting IssuerSetting = new(
        "AXVAULT_CONSOLE_OIDC_ISSUER",
        "--console-oidc-issuer",
        null,
        "URL of the OpenID provider that people sign in to the console at: the issuer of a rule of workload identity."
    );

    public static readonly Setting ClientIdSetting = new(
        "AXVAULT_CONSOLE_OIDC_CLIENT_ID",
        "--console-oidc-client-id",
        null,
        "Id of the console's client at that provider. It is the audience of the rule."
    );

    public static readonly Setting ClientSecretSetting = new(
        "AXVAULT_CONSOLE_OIDC_CLIENT_SECRET",
        null,
        null,
        "Secret of that client. A public client has none."
    );

    public static readonly Setting ClientSecretFileSetting = new(
        "AXVAULT_CONSOLE_OIDC_CLIENT_SECRET_FILE",
        null,
        null,
        "File that holds the secret of that client, instead of the variable."
    );

    public static readonly Setting RuleSetting = new(
        "AXVAULT_CONSOLE_OIDC_RULE",
        "--console-oidc-rule",
        null,
        "Name of the rule of workload identity that decides who signs in, and with which rights."
    );

    public static readonly Setting ScopeSetting = new(
        "AXVAULT_CONSOLE_OIDC_SCOPE",
        "--console-oidc-scope",
        "openid email profile",
        "Scopes to ask the provider for, separated by spaces."
    );

    private const int MaxTextLength = 512;

    private static readonly Setting[] Required = [IssuerSetting, ClientIdSetting, RuleSetting];

    /// <summary>The identifier of the issuer, exactly as its tokens have it.</summary>
    public required string Issuer { get; init; }

    /// <summary>The name of the provider for people: its host.</summary>
    public required string Name { get; init; }

    /// <summary>The id of the client.</summary>
    public required string ClientId { get; init; }

    /// <summary>The secret of the client; <see langword="null"/> for a public one.</summary>
    public required ClientSecret? ClientSecret { get; init; }

    /// <summary>The name of the rule.</summary>
    public required string Rule { get; init; }

    /// <summary>The scopes.</summary>
    public required string Scope { get; init; }

    /// <summary>Reads the settings; <see langword="null"/> when none is given, and after a problem.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="federation">The hosts that may have private addresses.</param>
    public static OidcOptions? Read(SettingReader settings, FederationOptions federation)
    {
        Setting[] others = [ClientSecretSetting, ClientSecretFileSetting, ScopeSetting];
        if (!Required.Concat(others).Any(setting => settings.Value(setting) != setting.Default))
        {
            return null;
        }

        var problems = settings.Problems.Count;
        foreach (var setting in Required.Where(setting => settings.Value(setting) is null))
        {
            var names = string.Join(", ", Required.Select(static one => one.Variable));
            settings.Problem(setting, $"expected a value: the sign-in at an OpenID provider needs {names}");
        }

        var secret = ReadSecret(settings);
        var (issuer, client, rule) = (settings.Value(IssuerSetting), settings.Value(ClientIdSetting), settings.Value(RuleSetting));
        // The discovery document is below the issuer, which has neither part (OpenID Connect Discovery 1.0 §3).
        if ((!IssuerUrl.TryParse(issuer, federation, out var url) || issuer.AsSpan().ContainsAny('?', '#')) && issuer is not null)
        {
            settings.Problem(
                IssuerSetting,
                $"expected an https URL without user, query or fragment, or an http one on a loopback host in {FederationOptions.PrivateHostsSetting}"
            );
        }

        if (client is not null && (client.Length > MaxTextLength || client.Any(char.IsControl)))
        {
            settings.Problem(ClientIdSetting, $"expected a text of at most {MaxTextLength} characters");
        }

        if (rule is not null && !CredentialName.TryParse(rule, out _))
        {
            settings.Problem(RuleSetting, "expected the name of a rule");
        }

        var scope = settings.Value(ScopeSetting)!;
        if (scope.Length > MaxTextLength || scope.Any(char.IsControl) || !scope.Split(' ').Contains("openid"))
        {
            settings.Problem(ScopeSetting, "expected scopes separated by spaces, openid among them");
        }

        return settings.Problems.Count > problems
            ? null
            : new OidcOptions
            {
                Issuer = issuer!,
                Name = url!.Authority,
                ClientId = client!,
                ClientSecret = secret,
                Rule = rule!,
                Scope = scope,
            };
    }

    private static ClientSecret? ReadSecret(SettingReader settings)
    {
        var (text, path) = (settings.Secret(ClientSecretSetting), settings.Value(ClientSecretFileSetting));
        if (text is not null && path is not null)
        {
            settings.Problem($"{ClientSecretSetting} and {ClientSecretFileSetting}", "set one of the two, not both");
            return null;
        }

        var secret = path is null ? text : settings.SecretFile(ClientSecretFileSetting.ToString(), path);
        if (secret is { Length: 0 })
        {
            settings.Problem(ClientSecretFileSetting, "expected a file of at most 64 KiB that holds the secret");
        }

        return string.IsNullOrEmpty(secret) ? null : new ClientSecret(secret);
    }
}
