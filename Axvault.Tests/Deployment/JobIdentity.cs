using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Issuer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Axvault.Tests.Deployment;

/// <summary>The identity service of a CI: it signs tokens of one job, and serves them as the runner of GitHub does.</summary>
internal sealed class JobIdentity : IAsyncDisposable
{
    /// <summary>The issuer of GitHub Actions.</summary>
    public const string Issuer = "https://token.actions.githubusercontent.com";

    /// <summary>The subject of the job.</summary>
    public const string Subject = "repo:acme/app:ref:refs/heads/main";

    private readonly SigningKey _key = SigningKey.Rsa();
    private readonly string _requestToken = $"request-token-{Guid.NewGuid():N}";
    private readonly ConcurrentQueue<string> _tokens = [];
    private readonly WebApplication _app;

    private JobIdentity()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapGet("/token", Answer);
    }

    /// <summary>The variables of a job with the permission to ask for its identity token.</summary>
    public (string Name, string Value)[] Variables =>
        [("ACTIONS_ID_TOKEN_REQUEST_URL", $"{_app.Urls.First()}/token?api-version=2.0"), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", _requestToken)];

    /// <summary>The secrets of the job so far: its tokens, and the one to ask for them.</summary>
    public IEnumerable<string> Secrets => [_requestToken, .. _tokens];

    /// <summary>The body that makes this service an issuer of the vault.</summary>
    public string ToIssuer() => new JsonObject { ["issuer"] = Issuer, ["jwks"] = _key.ToJwks() }.ToJsonString();

    /// <summary>Starts the service.</summary>
    public static async Task<JobIdentity> StartAsync()
    {
        var identity = new JobIdentity();
        await identity._app.StartAsync(TestContext.Current.CancellationToken);
        return identity;
    }

    /// <summary>Returns a new token for <paramref name="audience"/>.</summary>
    public string Sign(string audience)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var token = _key.Sign(
            new JsonObject
            {
                ["iss"] = Issuer,
                ["sub"] = Subject,
                ["aud"] = audience,
                ["iat"] = now,
                ["nbf"] = now,
                ["exp"] = now + 300,
                ["jti"] = Guid.NewGuid().ToString(),
                ["repository_id"] = "123",
                ["repository_owner_id"] = "45",
                ["ref_protected"] = "true",
                ["event_name"] = "push",
            }
        );
        _tokens.Enqueue(token);
        return token;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _key.Dispose();
    }

    private IResult Answer(HttpRequest request, string audience) =>
        request.Headers.Authorization == $"Bearer {_requestToken}" ? Results.Json(new { count = 1, value = Sign(audience) }) : Results.StatusCode(401);
}
