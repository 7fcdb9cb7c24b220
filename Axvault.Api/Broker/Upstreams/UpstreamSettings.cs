using System.Net;
using Axvault.Api.Refresh.Providers;
using Axvault.Api.Settings;

namespace Axvault.Api.Broker.Upstreams;

/// <summary>
/// Reads the upstreams from <c>AXVAULT_UPSTREAM_&lt;NAME&gt;_…</c>. A setting of a default replaces that part of it. Any other name adds the upstream of the
/// provider of that name.
/// </summary>
internal sealed class UpstreamSettings(SettingReader settings)
{
    private const string Prefix = "AXVAULT_UPSTREAM_";

    private static readonly string[] Suffixes = ["URL", "HEADER", "PREFIX", "PATHS"];

    // Headers that would change the framing, the target or the form of a request.
    private static readonly string[] ForbiddenHeaders =
    [
        "host",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "cookie",
        "expect",
        "accept-encoding",
        "allow",
        "expires",
        "last-modified",
    ];

    private static readonly string[] ForbiddenHeaderPrefixes = ["content-", "proxy-", "sec-"];

    // The place of a URL that is read afterwards.
    private static readonly Uri Unknown = new("https://unknown.invalid");

    private readonly Dictionary<(string Name, string Suffix), (string Variable, string Value)> _values = [];

    /// <summary>Reads the upstreams.</summary>
    public static IReadOnlyList<Upstream> Read(SettingReader reader)
    {
        var settings = new UpstreamSettings(reader);
        settings.Sort();
        var defaults = UpstreamDefaults.All.Select(settings.Apply);
        var others = settings
            ._values.Keys.Select(static key => key.Name)
            .Distinct()
            .Where(static name => UpstreamDefaults.All.All(upstream => upstream.Name != name))
            .Order(StringComparer.Ordinal)
            .Select(settings.Add);
        return [.. defaults.Concat(others).OfType<Upstream>()];
    }

    private void Sort()
    {
        foreach (var (variable, value) in settings.Configuration.AsEnumerable())
        {
            if (!variable.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) || string.IsNullOrEmpty(value))
            {
                continue;
            }

            var rest = variable[Prefix.Length..].ToUpperInvariant();
            if (Array.Find(Suffixes, suffix => rest.Length > suffix.Length + 1 && rest.EndsWith($"_{suffix}", StringComparison.Ordinal)) is { } suffix)
            {
                // A default keeps its own name: codex and openai are two upstreams of one provider.
                var name = rest[..^(suffix.Length + 1)].ToLowerInvariant();
                _values[(UpstreamDefaults.All.Any(upstream => upstream.Name == name) ? name : ProviderName.Normalize(name), suffix)] = (variable, value);
            }
            else
            {
                settings.Problem(variable, $"expected {Prefix}<NAME>_ and one of {string.Join(", ", Suffixes)}");
            }
        }
    }

    private Upstream Apply(Upstream upstream) =>
        upstream with
        {
            Url = ReadUrl(upstream.Name) ?? upstream.Url,
            Header = ReadHeader(upstream.Name) ?? upstream.Header,
            Prefix = ReadPrefix(upstream.Name) ?? upstream.Prefix,
            Paths = ReadPaths(upstream.Name) ?? upstream.Paths,
        };

    private Upstream? Add(string name)
    {
        if (Find(name, "URL") is null || Find(name, "PATHS") is null)
        {
            settings.Problem($"{Prefix}{ProviderName.ToVariable(name)}_URL and _PATHS", "expected both, for it is not an upstream that is known by default");
            return null;
        }

        return Apply(
            new Upstream
            {
                Name = name,
                Url = Unknown,
                Prefix = Find(name, "HEADER") is null ? "Bearer" : "",
                Paths = [],
            }
        );
    }

    private Uri? ReadUrl(string name)
    {
        if (Find(name, "URL") is not var (variable, text))
        {
            return null;
        }

        var isUrl =
            Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out var url)
            && url.UserInfo.Length == 0
            && !text.AsSpan().ContainsAny('?', '#')
            && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && IsLoopback(url)));
        if (!isUrl)
        {
            settings.Problem(variable, "expected an https URL, or an http one on loopback, without user, query or fragment");
        }

        return url;
    }

    // Uri.IsLoopback would also accept a name that is only configured to be local.
    private static bool IsLoopback(Uri url) =>
        url.Host == "localhost" || (IPAddress.TryParse(url.DnsSafeHost, out var address) && IPAddress.IsLoopback(address));

    private string? ReadHeader(string name)
    {
        if (Find(name, "HEADER") is not var (variable, text))
        {
            return null;
        }

        if (
            !text.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '-')
            || ForbiddenHeaders.Contains(text, StringComparer.OrdinalIgnoreCase)
            || ForbiddenHeaderPrefixes.Any(prefix => text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        )
        {
            settings.Problem(variable, "expected the name of a header that carries a credential, such as Authorization or x-api-key");
        }

        return text;
    }

    private string? ReadPrefix(string name)
    {
        if (Find(name, "PREFIX") is not var (variable, text))
        {
            return null;
        }

        var prefix = text.Trim();
        if (!prefix.All(static letter => letter is > ' ' and < '\x7f'))
        {
            settings.Problem(variable, "expected one word, such as Bearer");
        }

        return prefix;
    }

    private List<AllowedPath>? ReadPaths(string name)
    {
        if (Find(name, "PATHS") is not var (variable, text))
        {
            return null;
        }

        var entries = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        List<AllowedPath> paths = [.. entries.Select(static entry => AllowedPath.TryParse(entry, out var path) ? path : null).OfType<AllowedPath>()];
        if (paths.Count == 0 || paths.Count < entries.Length)
        {
            settings.Problem(variable, $"expected entries separated by commas, each {AllowedPath.Rule}");
        }

        return paths;
    }

    private (string Variable, string Value)? Find(string name, string suffix) => _values.TryGetValue((name, suffix), out var found) ? found : null;
}
