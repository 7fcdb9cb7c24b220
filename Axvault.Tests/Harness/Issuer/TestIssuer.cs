using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Axvault.Tests.Harness.Issuer;

/// <summary>An issuer of tokens for workloads, with a discovery document and keys over HTTP on loopback.</summary>
public sealed class TestIssuer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, int> _fetches = new();

    private TestIssuer(WebApplication app) => _app = app;

    /// <summary>The identifier, <c>iss</c>.</summary>
    public string Identifier { get; private set; } = "";

    /// <summary>The URL of the keys.</summary>
    public string JwksUrl => $"{Identifier}/jwks";

    /// <summary>The URL of the keys that the discovery document names; <see langword="null"/> for <see cref="JwksUrl"/>.</summary>
    public string? JwksUri { get; set; }

    /// <summary>The present key.</summary>
    public SigningKey Key { get; private set; } = SigningKey.Ec();

    /// <summary>The answer to a fetch of the keys; <see langword="null"/> for the keys.</summary>
    public Func<HttpContext, Task>? Fault { get; set; }

    /// <summary>The number of fetches of the keys.</summary>
    public int KeyFetches => _fetches.GetValueOrDefault("/jwks");

    /// <summary>The number of requests to any other path than those of discovery and keys.</summary>
    public int StrayRequests =>
        _fetches.Where(static fetch => fetch.Key is not ("/jwks" or "/.well-known/openid-configuration")).Sum(static fetch => fetch.Value);

    /// <summary>Starts an issuer.</summary>
    /// <param name="certificates">The certificate of an issuer with HTTPS, and the certificates that follow it.</param>
    public static async Task<TestIssuer> StartAsync(params X509Certificate2[] certificates)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
            kestrel.Listen(
                IPAddress.Loopback,
                0,
                listen =>
                {
                    if (certificates is [var own, .. var others])
                    {
                        listen.UseHttps(https => (https.ServerCertificate, https.ServerCertificateChain) = (own, [.. others]));
                    }
                }
            )
        );
        var issuer = new TestIssuer(builder.Build());
        // The port may have been that of an earlier issuer, which a vault still knows.
        var name = $"/{Guid.NewGuid():N}";
        issuer._app.UsePathBase(name);
        issuer._app.Run(issuer.AnswerAsync);
        await issuer._app.StartAsync();
        issuer.Identifier = issuer._app.Urls.Single() + name;
        return issuer;
    }

    /// <summary>Replaces the key, as an issuer does from time to time.</summary>
    public void Rotate(SigningKey key) => Key = key;

    /// <summary>Returns claims that are valid now.</summary>
    /// <param name="audience">The audience.</param>
    /// <param name="subject">The subject.</param>
    public JsonObject Claims(string audience, string subject)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return new JsonObject
        {
            ["iss"] = Identifier,
            ["aud"] = audience,
            ["sub"] = subject,
            ["iat"] = now,
            ["nbf"] = now,
            ["exp"] = now + 300,
            ["jti"] = Guid.NewGuid().ToString(),
        };
    }

    /// <summary>Returns a token with the present key.</summary>
    public string Mint(string audience, string subject) => Key.Sign(Claims(audience, subject));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Key.Dispose();
    }

    private Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        _fetches.AddOrUpdate(path, 1, static (_, count) => count + 1);
        return path switch
        {
            "/.well-known/openid-configuration" => context.Response.WriteAsync(
                new JsonObject { ["issuer"] = Identifier, ["jwks_uri"] = JwksUri ?? JwksUrl }.ToJsonString()
            ),
            "/jwks" => Fault is { } fault ? fault(context) : context.Response.WriteAsync(Key.ToJwks().ToJsonString()),
            _ => Task.CompletedTask,
        };
    }
}
