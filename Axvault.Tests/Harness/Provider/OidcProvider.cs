using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Packages;

namespace Axvault.Tests.Harness.Provider;

/// <summary>
/// An OpenID provider by others, npm's <c>oidc-provider</c>, in a process of its own. Any name can log in. The groups follow from the name:
/// <c>ada</c> is in <c>vault-admins</c> and <c>staff</c>, <c>grace</c> is in <c>staff</c>. Disposing kills it.
/// </summary>
public sealed class OidcProvider : IAsyncDisposable
{
    /// <summary>The id of the public client, which must use PKCE. It may have refresh tokens and use the device flow.</summary>
    internal const string Agent = "agent";

    /// <summary>The redirect URI of the public client.</summary>
    internal const string AgentRedirect = "http://127.0.0.1:1455/callback";

    /// <summary>The id of the confidential client.</summary>
    internal const string Console = "console";

    private static readonly string Source = Path.Combine(SourceTree.Root, "Axvault.Tests", "Harness", "Provider", "npm");

    private static readonly NpmFolder Npm = new("provider-tests", Source, ["ci", "--ignore-scripts"]);

    private readonly ProviderProcess _process;

    private OidcProvider(ProviderProcess process) => _process = process;

    /// <summary>The identifier of the issuer, which is its address.</summary>
    public string Issuer => _process.Address;

    /// <summary>The secret of the confidential client.</summary>
    internal string ConsoleSecret { get; private init; } = "";

    /// <summary>
    /// Starts a provider, and returns when it serves. Without npm or its registry the test is skipped. With the variable <c>CI</c> it fails instead.
    /// </summary>
    /// <param name="consoleRedirects">The redirect URIs of the confidential client; <see langword="null"/> for a provider without that client.</param>
    /// <param name="authentication">
    /// The authentication of the confidential client: <c>client_secret_basic</c>, <c>client_secret_post</c> or <c>none</c>.
    /// </param>
    /// <param name="accessTokenLifetime">The lifetime of access tokens; one hour when omitted.</param>
    internal static async Task<OidcProvider> StartAsync(
        string[]? consoleRedirects = null,
        string authentication = "client_secret_basic",
        TimeSpan? accessTokenLifetime = null
    )
    {
        var modules = await Npm.FindModulesAsync();
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        LeakWatch.Secrets.Add(secret, SecretKind.Setting);
        var start = new ProcessStartInfo("node", [Path.Combine(Source, "server.mjs"), modules]);
        start.Environment["PROVIDER_ACCESS_TOKEN_SECONDS"] = Seconds(accessTokenLifetime ?? TimeSpan.FromHours(1));
        start.Environment["PROVIDER_CONSOLE_REDIRECTS"] = string.Join(' ', consoleRedirects ?? []);
        start.Environment["PROVIDER_CONSOLE_AUTHENTICATION"] = authentication;
        start.Environment["PROVIDER_CONSOLE_SECRET"] = secret;
        return new OidcProvider(await ProviderProcess.StartAsync(start)) { ConsoleSecret = secret };
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static string Seconds(TimeSpan time) => ((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);
}
