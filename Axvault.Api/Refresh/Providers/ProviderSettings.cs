using System.Globalization;
using System.Net;
using System.Text;

namespace Axvault.Api.Refresh.Providers;

/// <summary>
/// Reads the providers from <c>AXVAULT_OAUTH_&lt;NAME&gt;_…</c>: settings of a default provider replace its own, any other name is a provider of the
/// operator's. Finds all that is wrong, and repeats no value.
/// </summary>
internal sealed class ProviderSettings
{
    private const string Prefix = "AXVAULT_OAUTH_";
    private const string TokenUrl = "TOKEN_URL";
    private const string ClientId = "CLIENT_ID";
    private const string ClientSecretFile = "CLIENT_SECRET_FILE";
    private const string ClientSecret = "CLIENT_SECRET";
    private const string EncodingName = "ENCODING";
    private const string Auth = "AUTH";
    private const string Scope = "SCOPE";
    private const string ReuseLeeway = "REUSE_LEEWAY";

    private const int MaxSecretFileBytes = 64 * 1024;
    private const int MaxReuseLeewaySeconds = 3600;

    // What is not text would be replaced, and a secret refused that the file does not hold.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly string[] Suffixes = [TokenUrl, ClientId, ClientSecretFile, ClientSecret, EncodingName, Auth, Scope, ReuseLeeway];

    private readonly Dictionary<string, Dictionary<string, (string Variable, string Value)>> _byProvider = [];
    private readonly List<string> _problems;

    private ProviderSettings(List<string> problems) => _problems = problems;

    /// <summary>Reads the providers of <paramref name="configuration"/>, and adds to <paramref name="problems"/> a line for each thing that is wrong.</summary>
    public static IReadOnlyList<OAuthProvider> Read(IConfiguration configuration, List<string> problems)
    {
        ArgumentNullException.ThrowIfNull(configuration);

        var settings = new ProviderSettings(problems);
        foreach (var (variable, value) in configuration.AsEnumerable())
        {
            if (variable.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && value is { Length: > 0 })
            {
                settings.Sort(variable.ToUpperInvariant(), value);
            }
        }

        var defaults = ProviderDefaults.All.Select(provider => settings.Apply(provider.Name, provider));
        var others = settings._byProvider.Keys.Where(static name => !ProviderDefaults.All.Any(provider => provider.Name == name)).Order(StringComparer.Ordinal).Select(name => settings.Apply(name, null));
        return [.. defaults.Concat(others).OfType<OAuthProvider>()];
    }

    private void Sort(string variable, string value)
    {
        var rest = variable[Prefix.Length..];
        if (Array.Find(Suffixes, suffix => rest.Length > suffix.Length + 1 && rest.EndsWith($"_{suffix}", StringComparison.Ordinal)) is not { } suffix)
        {
            _problems.Add($"{variable}: expected {Prefix}<NAME>_ and one of {string.Join(", ", Suffixes)}");
            return;
        }

        var provider = ProviderName.Normalize(rest[..^(suffix.Length + 1)]);
        _byProvider.TryAdd(provider, []);
        if (!_byProvider[provider].TryAdd(suffix, (variable, value)) && _byProvider[provider][suffix].Value != value)
        {
            _problems.Add($"{variable} and {_byProvider[provider][suffix].Variable}: they are one setting, and differ");
        }
    }

    private OAuthProvider? Apply(string name, OAuthProvider? provider)
    {
        var problems = _problems.Count;
        var url = Value(name, TokenUrl) is { } text ? ReadUrl(name, text) : provider?.TokenUrl ?? Missing<Uri>(name, TokenUrl);
        var clientId = Value(name, ClientId) ?? provider?.ClientId ?? Missing<string>(name, ClientId);
        var secret = ReadSecret(name);
        var encoding = Choice(name, EncodingName, provider?.Encoding ?? GrantEncoding.Form, ("form", GrantEncoding.Form), ("json", GrantEncoding.Json));
        var authentication = Choice(name, Auth, provider?.Authentication ?? ClientAuthentication.Body, ("body", ClientAuthentication.Body), ("basic", ClientAuthentication.Basic));
        if (authentication == ClientAuthentication.Basic && secret is null)
        {
            Problem(name, Auth, $"basic needs a {Variable(name, ClientSecret)}");
        }

        var leeway = ReadLeeway(name);
        return _problems.Count > problems
            ? null
            : (provider ?? new OAuthProvider { Name = name, TokenUrl = url!, ClientId = clientId! }) with
            {
                TokenUrl = url!,
                ClientId = clientId!,
                ClientSecret = secret,
                Encoding = encoding,
                Authentication = authentication,
                Scope = Value(name, Scope),
                ReuseLeeway = leeway,
            };
    }

    private Uri? ReadUrl(string name, string text)
    {
        var isUrl = Uri.TryCreate(text, UriKind.Absolute, out var url)
            && url is { UserInfo: "", Fragment: "" }
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && IsLoopback(url)));
        if (!isUrl)
        {
            Problem(name, TokenUrl, "expected an https URL, or an http one on loopback, without user or fragment");
        }

        return url;
    }

    // Not Uri.IsLoopback, for which a name that is only configured to be local counts too.
    private static bool IsLoopback(Uri url) => url.Host == "localhost" || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));

    private ClientSecret? ReadSecret(string name)
    {
        var (text, path) = (Value(name, ClientSecret), Value(name, ClientSecretFile));
        if (text is not null && path is not null)
        {
            Problem(name, ClientSecret, $"set it or {Variable(name, ClientSecretFile)}, not both");
            return null;
        }

        var secret = path is null ? text : ReadSecretFile(name, path);
        return string.IsNullOrEmpty(secret) ? null : new ClientSecret(secret);
    }

    private string? ReadSecretFile(string name, string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file is { Exists: true, Length: <= MaxSecretFileBytes } && File.ReadAllText(path, StrictUtf8).TrimEnd('\r', '\n') is { Length: > 0 } secret)
            {
                return secret;
            }

            Problem(name, ClientSecretFile, "expected a file of at most 64 KiB that holds the secret");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            Problem(name, ClientSecretFile, "the file cannot be read, or is not UTF-8 text");
        }

        return null;
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

    // As the operator wrote it, where there is one: a provider may have several names.
    private string Variable(string name, string suffix) =>
        _byProvider.GetValueOrDefault(name)?.GetValueOrDefault(suffix).Variable ?? $"{Prefix}{ProviderName.ToVariable(name)}_{suffix}";

    private void Problem(string name, string suffix, string expectation) => _problems.Add($"{Variable(name, suffix)}: {expectation}");
}
