using System.Data.Common;
using System.Text.Json;

namespace Axvault.Client;

/// <summary>
/// The server and the key. An app configures them as <c>Axvault:Url</c> and <c>Axvault:ApiKey</c>, by a connection string <c>Endpoint=…;Key=…</c>,
/// or by the variables <c>AXVAULT_URL</c> and <c>AXVAULT_API_KEY</c>, or <c>AXVAULT</c> (JSON with <c>url</c> and <c>apiKey</c>). Instead of a key, a
/// rule of workload identity can be named.
/// </summary>
/// <example><code>builder.Services.AddAxvaultClient(configure: options => options.Url = new Uri("https://vault.example.com"));</code></example>
public sealed class AxvaultClientOptions
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 4 };

    /// <summary>The address of the server, without <c>/api/v1</c>.</summary>
    public Uri? Url { get; set; }

    /// <summary>The secret of the API key: <c>axv_sk_…</c>.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The name of a rule of workload identity. Its token is exchanged for a key, again before that key expires.</summary>
    public string? Rule { get; set; }

    /// <summary>The audience of the workload's token, where the token is asked for (GitHub Actions). By default <see cref="Url"/>.</summary>
    public string? Audience { get; set; }

    /// <summary>
    /// The file of the workload's token, which is read at each exchange. By default <c>AXVAULT_ID_TOKEN_FILE</c>, <c>AXVAULT_ID_TOKEN</c>, or the token of
    /// the job in GitHub Actions.
    /// </summary>
    public string? TokenFile { get; set; }

    /// <summary>Sets what <paramref name="connectionString"/> says: <c>Endpoint</c> and <c>Key</c>.</summary>
    /// <param name="connectionString">A connection string, such as <c>Endpoint=https://vault.example.com;Key=axv_sk_…</c>.</param>
    /// <exception cref="AxvaultException">It is not one: <see cref="AxvaultError.NotConfigured"/>.</exception>
    /// <example><code>options.ReadConnectionString(configuration.GetConnectionString("vault")!);</code></example>
    public void ReadConnectionString(string connectionString)
    {
        var parts = new DbConnectionStringBuilder();
        try
        {
            parts.ConnectionString = connectionString;
        }
        catch (ArgumentException)
        {
            // The cause is left out, because it repeats the text.
            throw NotConfigured("The connection string of the vault is not one: expected Endpoint=…;Key=….");
        }

        Url = ParseUrl(parts.TryGetValue("Endpoint", out var endpoint) ? endpoint as string : null, "Endpoint of the connection string");
        ApiKey = parts.TryGetValue("Key", out var key) ? key as string : null;
    }

    /// <summary>Returns what the variables of the process say; both members are unset when they say nothing.</summary>
    /// <exception cref="AxvaultException">A variable is wrong: <see cref="AxvaultError.NotConfigured"/>.</exception>
    /// <example><code>using var connection = AxvaultClient.Connect(AxvaultClientOptions.OfEnvironment());</code></example>
    public static AxvaultClientOptions OfEnvironment() => OfVariables(Environment.GetEnvironmentVariable);

    internal static AxvaultClientOptions OfVariables(Func<string, string?> read)
    {
        var options = new AxvaultClientOptions();
        if (read("AXVAULT") is { Length: > 0 } both)
        {
            (var url, options.ApiKey) = ParseBoth(both);
            options.Url = ParseUrl(url, "url of AXVAULT");
        }

        if (read("AXVAULT_URL") is { Length: > 0 } text)
        {
            options.Url = ParseUrl(text, "AXVAULT_URL");
        }

        if (read("AXVAULT_API_KEY") is { Length: > 0 } key)
        {
            options.ApiKey = key.Trim();
        }

        return options;
    }

    internal static AxvaultException NotConfigured(string message) => new(AxvaultError.NotConfigured, message);

    internal static Uri? ParseUrl(string? text, string source)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        return Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            && url.UserInfo.Length == 0
            && url.Query.Length == 0
            ? url
            : throw NotConfigured($"{source}: expected a URL that begins with https:// or http://, without a user and a query.");
    }

    internal Uri RequireUrl()
    {
        var url = Url ?? throw NotConfigured("No vault is configured. Set AXVAULT_URL and AXVAULT_API_KEY, or log in: axvault login URL.");
        return url.AbsoluteUri.EndsWith('/') ? url : new Uri(url.AbsoluteUri + "/");
    }

    // Exactly these two members, as axauth and axrun read it.
    private static (string Url, string ApiKey) ParseBoth(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            if (
                document.RootElement is { ValueKind: JsonValueKind.Object } both
                && both.TryGetProperty("url", out var url)
                && both.TryGetProperty("apiKey", out var key)
                && url.ValueKind == JsonValueKind.String
                && key.ValueKind == JsonValueKind.String
            )
            {
                return (url.GetString()!, key.GetString()!);
            }
        }
        catch (JsonException)
        {
            // The cause is left out, because it may repeat the text.
        }

        throw NotConfigured("AXVAULT: expected JSON with url and apiKey.");
    }
}
