using Axvault.Client.Transport;

namespace Axvault.Client;

/// <summary>
/// A client of an Axvault server. Each group of calls is a property. Failures are <see cref="AxvaultException"/>. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// builder.Services.AddAxvaultClient();
/// app.MapGet("/", async (AxvaultClient vault) => (await vault.Credentials.ReadAsync("claude.prod")).ExpiresAt);
/// </code>
/// </example>
public sealed class AxvaultClient
{
    /// <summary>Creates a client over <paramref name="http"/>, which has the address of the server and authenticates.</summary>
    /// <param name="http">The HTTP client, as <c>AddAxvaultClient</c> configures it.</param>
    public AxvaultClient(HttpClient http)
    {
        Transport = new ApiTransport(http);
        Credentials = new CredentialsClient(Transport);
        Keys = new KeysClient(Transport);
        Rules = new RulesClient(Transport);
        Issuers = new IssuersClient(Transport);
        Audit = new AuditClient(Transport);
        Usage = new UsageClient(Transport);
        Servers = new ServersClient(Transport);
    }

    /// <summary>The credentials.</summary>
    public CredentialsClient Credentials { get; }

    /// <summary>The API keys.</summary>
    public KeysClient Keys { get; }

    /// <summary>The rules of workload identity.</summary>
    public RulesClient Rules { get; }

    /// <summary>The issuers of workload identity.</summary>
    public IssuersClient Issuers { get; }

    /// <summary>The audit log.</summary>
    public AuditClient Audit { get; }

    /// <summary>The use of the broker.</summary>
    public UsageClient Usage { get; }

    /// <summary>The servers of the vault.</summary>
    public ServersClient Servers { get; }

    internal ApiTransport Transport { get; }

    /// <summary>Creates a client without a container of services. Dispose of the returned one when it is not used any more.</summary>
    /// <param name="options">The address and the key.</param>
    /// <exception cref="AxvaultException">The options name no server or no key: <see cref="AxvaultError.NotConfigured"/>.</exception>
    /// <example><code>using var connection = AxvaultClient.Connect(new AxvaultClientOptions { Url = url, ApiKey = key });</code></example>
    public static AxvaultConnection Connect(AxvaultClientOptions options) => AxvaultConnection.Open(options);
}
