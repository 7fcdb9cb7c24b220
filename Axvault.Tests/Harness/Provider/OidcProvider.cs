using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Packages;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Harness.Provider;

/// <summary>
/// An OpenID provider by others, npm's <c>oidc-provider</c>, in a process of its own. Any name can log in. The groups follow from the name:
/// <c>ada</c> is in <c>vault-admins</c> and <c>staff</c>, <c>grace</c> is in <c>staff</c>. Disposing kills it.
/// </summary>
public sealed partial class OidcProvider : IAsyncDisposable
{
    /// <summary>The id of the public client, which must use PKCE. It may have refresh tokens and use the device flow.</summary>
    internal const string Agent = "agent";

    /// <summary>The redirect URI of the public client.</summary>
    internal const string AgentRedirect = "http://127.0.0.1:1455/callback";

    /// <summary>The id of the confidential client.</summary>
    internal const string Console = "console";

    private static readonly string Source = Path.Combine(SourceTree.Root, "Axvault.Tests", "Harness", "Provider", "npm");

    private static readonly NpmFolder Npm = new("provider-tests", Source, ["ci", "--ignore-scripts"]);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = [];
    private bool _disposed;

    private OidcProvider(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        AppDomain.CurrentDomain.ProcessExit += KillAtExit;
    }

    /// <summary>The identifier of the issuer, which is its address.</summary>
    public string Issuer => FindIssuer() ?? throw new InvalidOperationException("The provider does not listen yet.");

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
        var start = new ProcessStartInfo("node", [Path.Combine(Source, "server.mjs"), modules])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PROVIDER_ACCESS_TOKEN_SECONDS"] = Seconds(accessTokenLifetime ?? TimeSpan.FromHours(1));
        start.Environment["PROVIDER_CONSOLE_REDIRECTS"] = string.Join(' ', consoleRedirects ?? []);
        start.Environment["PROVIDER_CONSOLE_AUTHENTICATION"] = authentication;
        start.Environment["PROVIDER_CONSOLE_SECRET"] = secret;
        var provider = new OidcProvider(start) { ConsoleSecret = secret };
        try
        {
            await Until.HoldsAsync(
                () =>
                {
                    Assert.False(provider._process.HasExited, $"The provider ended.\n{string.Join('\n', provider._output)}");
                    return provider.FindIssuer() is not null;
                },
                "the provider listens"
            );
            return provider;
        }
        catch
        {
            await provider.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        AppDomain.CurrentDomain.ProcessExit -= KillAtExit;
        Signal.Send(_process.Id, Signal.Kill);
        await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(Until.Limit, CancellationToken.None);
        _process.Dispose();
    }

    private static string Seconds(TimeSpan time) => ((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private string? FindIssuer() =>
        _output.Select(static line => Listening().Match(line)).FirstOrDefault(static match => match.Success)?.Groups[1].Value;

    private void Keep(string? line)
    {
        if (line is not null)
        {
            _output.Enqueue(line);
        }
    }

    private void KillAtExit(object? sender, EventArgs arguments) => Signal.Send(_process.Id, Signal.Kill);

    [GeneratedRegex("^Listening on (http://[^ ]+)$")]
    private static partial Regex Listening();
}
