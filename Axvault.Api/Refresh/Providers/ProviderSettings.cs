using System.Globalization;
using Axvault.Api.Settings;

namespace Axvault.Api.Refresh.Providers;

/// <summary>
/// Reads the providers from <c>AXVAULT_OAUTH_&lt;NAME&gt;_…</c>. A setting of a default provider replaces its default. Any other name adds a provider. All
/// problems are reported at once, and no message repeats a value.
/// </summary>
internal sealed class ProviderSettings
{
    private const string Prefix = "AXVAULT_OAUTH_";
    private const string TokenUrl = "TOKEN_URL";
    private const string DeviceUrl = "DEVICE_URL";
    private const string AuthorizeUrl = "AUTHORIZE_URL";
    private const string RedirectUrl = "REDIRECT_URL";
    private const string ClientId = "CLIENT_ID";
    private const string ClientSecretFile = "CLIENT_SECRET_FILE";
    private const string ClientSecret = "CLIENT_SECRET";
    private const string EncodingName = "ENCODING";
    private const string Auth = "AUTH";
    private const string Scope = "SCOPE";
    private const string ReuseLeeway = "REUSE_LEEWAY";

    private const int MaxReuseLeewaySeconds = 3600;

    private static readonly string[] Suffixes =
    [
        TokenUrl,
        DeviceUrl,
        AuthorizeUrl,
        RedirectUrl,
        ClientId,
        ClientSecretFile,
        ClientSecret,
        EncodingName,
        Auth,
        Scope,
        ReuseLeeway,
    ];

    private readonly Dictionary<string, Dictionary<string, (string Variable, string Value)>> _byProvider = [];
    private readonly SettingReader _settings;

    private ProviderSettings(SettingReader settings) => _settings = settings;

    /// <summary>Reads the providers.</summary>
    public static IReadOnlyList<OAuthProvider> Read(SettingReader reader)
    {
        var settings = new ProviderSettings(reader);
        foreach (var (variable, value) in reader.Configuration.AsEnumerable())
        {
            if (variable.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && value is { Length: > 0 } && SecretText.Cut(value).Length > 0)
            {
                settings.Sort(variable.ToUpperInvariant(), SecretText.Cut(value));
            }
        }

        var defaults = ProviderDefaults.All.Select(provider => settings.Apply(provider.Name, provider));
        var others = settings
            ._byProvider.Keys.Where(static name => !ProviderDefaults.All.Any(provider => provider.Name == name))
            .Order(StringComparer.Ordinal)
            .Select(name => settings.Apply(name, null));
        return [.. defaults.Concat(others).OfType<OAuthProvider>()];
    }

    private void Sort(string variable, string value)
    {
        var rest = variable[Prefix.Length..];
        if (Array.Find(Suffixes, suffix => rest.Length > suffix.Length + 1 && rest.EndsWith($"_{suffix}", StringComparison.Ordinal)) is not { } suffix)
        {
            _settings.Problem(variable, $"expected {Prefix}<NAME>_ and one of {string.Join(", ", Suffixes)}");
            return;
        }

        var provider = ProviderName.Normalize(rest[..^(suffix.Length + 1)]);
        _byProvider.TryAdd(provider, []);
        if (!_byProvider[provider].TryAdd(suffix, (variable, value)) && _byProvider[provider][suffix].Value != value)
        {
            _settings.Problem($"{variable} and {_byProvider[provider][suffix].Variable}", "they are one setting, and differ");
        }
    }

    private OAuthProvider? Apply(string name, OAuthProvider? provider)
    {
        var problems = _settings.Problems.Count;
        var url = ReadUrl(name, TokenUrl) ?? provider?.TokenUrl ?? Missing<Uri>(name, TokenUrl);
        var (deviceUrl, authorizeUrl, redirectUrl) = (ReadUrl(name, DeviceUrl), ReadUrl(name, AuthorizeUrl), ReadUrl(name, RedirectUrl));
        if (Value(name, AuthorizeUrl) is null != Value(name, RedirectUrl) is null)
        {
            Problem(name, AuthorizeUrl, $"expected together with {Variable(name, RedirectUrl)}");
        }

        var clientId = Value(name, ClientId) ?? provider?.ClientId ?? Missing<string>(name, ClientId);
        var secret = ReadSecret(name);
        var encoding = Choice(name, EncodingName, provider?.Encoding ?? GrantEncoding.Form, ("form", GrantEncoding.Form), ("json", GrantEncoding.Json));
        var authentication = Choice(
            name,
            Auth,
            provider?.Authentication ?? ClientAuthentication.Body,
            ("body", ClientAuthentication.Body),
            ("basic", ClientAuthentication.Basic)
        );
        if (authentication == ClientAuthentication.Basic && secret is null)
        {
            Problem(name, Auth, $"basic needs a {Variable(name, ClientSecret)}");
        }

        var leeway = ReadLeeway(name);
        return _settings.Problems.Count > problems
            ? null
            : (
                provider
                ?? new OAuthProvider
                {
                    Name = name,
                    TokenUrl = url!,
                    ClientId = clientId!,
                }
            ) with
            {
                TokenUrl = url!,
                DeviceUrl = deviceUrl,
                AuthorizeUrl = authorizeUrl,
                RedirectUrl = redirectUrl,
                ClientId = clientId!,
                ClientSecret = secret,
                Encoding = encoding,
                Authentication = authentication,
                Scope = Value(name, Scope),
                ReuseLeeway = leeway,
            };
    }

    private Uri? ReadUrl(string name, string suffix)
    {
        if (Value(name, suffix) is not { } text)
        {
            return null;
        }

        if (!ProviderUrl.TryParse(text, out var url))
        {
            Problem(name, suffix, ProviderUrl.Rule);
        }

        return url;
    }

    private ClientSecret? ReadSecret(string name)
    {
        var (text, path) = (Value(name, ClientSecret), Value(name, ClientSecretFile));
        if (text is not null && path is not null)
        {
            Problem(name, ClientSecret, $"set it or {Variable(name, ClientSecretFile)}, not both");
            return null;
        }

        var secret = path is null ? text : _settings.SecretFile(Variable(name, ClientSecretFile), path);
        if (secret is { Length: 0 })
        {
            Problem(name, ClientSecretFile, "expected a file of at most 64 KiB that holds the secret");
        }

        return string.IsNullOrEmpty(secret) ? null : new ClientSecret(secret);
    }

    private TimeSpan ReadLeeway(string name)
    {
        var text = Value(name, ReuseLeeway) ?? "0";
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > MaxReuseLeewaySeconds)
        {
            Problem(name, ReuseLeeway, $"expected a whole number of seconds from 0 to {MaxReuseLeewaySeconds}");
        }

        return TimeSpan.FromSeconds(seconds);
    }

    private T Choice<T>(string name, string suffix, T @default, params (string Text, T Value)[] choices)
    {
        if (Value(name, suffix) is not { } text)
        {
            return @default;
        }

        var index = Array.FindIndex(choices, choice => choice.Text.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (index < 0)
        {
            Problem(name, suffix, $"expected {string.Join(" or ", choices.Select(static choice => choice.Text))}");
            return @default;
        }

        return choices[index].Value;
    }

    private T? Missing<T>(string name, string suffix)
        where T : class
    {
        Problem(name, suffix, "expected, for it is not a provider that is known by default");
        return null;
    }

    private string? Value(string name, string suffix) => _byProvider.GetValueOrDefault(name)?.GetValueOrDefault(suffix).Value;

    // The variable as the operator wrote it, if there is one: a provider may have several names.
    private string Variable(string name, string suffix) =>
        _byProvider.GetValueOrDefault(name)?.GetValueOrDefault(suffix).Variable ?? $"{Prefix}{ProviderName.ToVariable(name)}_{suffix}";

    private void Problem(string name, string suffix, string expectation) => _settings.Problem(Variable(name, suffix), expectation);
}
