using System.Buffers.Text;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Microsoft.AspNetCore.Http;

namespace Axvault.Tests.WebConsole.Oidc;

/// <summary>An OpenID provider that means harm, or breaks the protocol.</summary>
public sealed class HostileProviderServerTests(VaultGraph graph)
{
    private const string Rule = "must be an https URL of at most 512 characters, without user and fragment";

    [Fact]
    public async Task A_provider_that_names_hostile_addresses_is_not_asked()
    {
        await using var provider = await UpstreamDouble.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        string? secret = null;
        (string Document, string Reason)[] documents =
        [
            ("<html>", "the discovery document is not JSON"),
            ("[]", "the discovery document is of another issuer"),
            (Document(provider, static one => one["issuer"] = "https://other.example"), "the discovery document is of another issuer"),
            (Document(provider, static one => one["token_endpoint"] = "http://169.254.169.254/latest"), $"the token_endpoint {Rule}"),
            (Document(provider, static one => one["token_endpoint"] = null), $"the token_endpoint {Rule}"),
            (Document(provider, static one => one["authorization_endpoint"] = "javascript:alert(1)"), $"the authorization_endpoint {Rule}"),
            (Document(provider, static one => one["authorization_endpoint"] = 1), $"the authorization_endpoint {Rule}"),
        ];

        foreach (var (document, reason) in documents)
        {
            provider.Answers("/.well-known/openid-configuration", document);
            // A server remembers a failure for some seconds.
            await using var server = await StartAsync(database, provider);
            using var admin = server.Client(secret ??= server.BootstrapSecret);
            using var browser = new PlainBrowser(server);
            (await browser.PostAsync("/console/sign-in/oidc", [])).Is(HttpStatusCode.ServiceUnavailable);
            Assert.Equal($"console sign-in: {reason}", await OidcFleet.RefusedAsync(admin));
            Assert.Empty(browser.Cookies);
        }
    }

    [Fact]
    public async Task An_answer_to_the_code_that_is_no_token_of_this_sign_in_gives_no_session()
    {
        await using var provider = await UpstreamDouble.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, provider);
        using var admin = server.Client(server.BootstrapSecret);
        provider.Answers("/.well-known/openid-configuration", Document(provider));
        (int Status, string Body, string Reason)[] answers =
        [
            (307, "", "the answer to the code, with 307, is not JSON"),
            (500, "<html>", "the answer to the code, with 500, is not JSON"),
            (400, """{"error":"invalid_grant"}""", "the code was refused with 400 invalid_grant"),
            (400, """{"error":"Bad <b>words</b>"}""", "the code was refused with 400"),
            (200, """{"access_token":"x"}""", "the answer to the code has no id_token"),
            (200, """{"id_token":7}""", "the answer to the code has no id_token"),
            (200, """{"id_token":"x"}""", "malformed token"),
            (200, Token("""{"aud":"another"}"""), "the token is for another client"),
            (200, Token("""{"aud":"console"}"""), "nonce"),
            (200, Token("""{"aud":["console"],"nonce":7}"""), "nonce"),
            (200, Token("""{"aud":"console","nonce":""}"""), "nonce"),
        ];

        foreach (var (status, body, reason) in answers)
        {
            provider.Answers(
                "/token",
                context =>
                {
                    context.Response.StatusCode = status;
                    context.Response.Headers.Location = $"{provider.Url}/elsewhere";
                    return context.Response.WriteAsync(body);
                }
            );
            using var browser = new PlainBrowser(server);
            var state = HttpUtility.ParseQueryString((await OidcFleet.StartAsync(browser)).Query)["state"];
            (await browser.GetAsync($"/console/sign-in/oidc/callback?state={state}&code=x")).Is(HttpStatusCode.BadRequest);
            Assert.Equal($"console sign-in: {reason}", await OidcFleet.RefusedAsync(admin));
            Assert.Empty(browser.Cookies);
        }

        Assert.Empty(provider.CallsWith("/elsewhere"));
    }

    [Fact]
    public async Task A_token_without_a_signature_gives_no_session()
    {
        await using var provider = await UpstreamDouble.StartAsync();
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await StartAsync(database, provider);
        using var admin = server.Client(server.BootstrapSecret);
        provider.Answers("/.well-known/openid-configuration", Document(provider));
        using var browser = new PlainBrowser(server);
        var query = HttpUtility.ParseQueryString((await OidcFleet.StartAsync(browser)).Query);
        var claims = $$"""{"iss":"{{provider.Url}}","sub":"ada","aud":"console","nonce":"{{query["nonce"]}}","groups":["vault-admins"]}""";
        provider.Answers("/token", Token(claims));
        (await admin.PutAsync("issuers/people", new JsonObject { ["issuer"] = provider.Url, ["jwks"] = Keys() }.ToJsonString())).Is(HttpStatusCode.Created);
        var rule = """{"issuer":"people","audience":"console","claims":{"groups":"vault-admins"},"readAccess":["*"]}""";
        (await admin.PutAsync($"rules/{OidcFleet.Rule}", rule)).Is(HttpStatusCode.Created);

        (await browser.GetAsync($"/console/sign-in/oidc/callback?state={query["state"]}&code=x")).Is(HttpStatusCode.Forbidden);

        Assert.StartsWith("algorithm: rule console", await OidcFleet.RefusedAsync(admin), StringComparison.Ordinal);
        Assert.Empty(browser.Cookies);
    }

    private static string Document(UpstreamDouble provider, Action<JsonObject>? change = null)
    {
        var document = new JsonObject
        {
            ["issuer"] = provider.Url,
            ["authorization_endpoint"] = $"{provider.Url}/authorize?tenant=one",
            ["token_endpoint"] = $"{provider.Url}/token",
        };
        change?.Invoke(document);
        return document.ToJsonString();
    }

    // Without a signature: all other faults are found before the exchange, and the exchange finds this one.
    private static string Token(string claims) =>
        new JsonObject { ["id_token"] = $"{Encode("""{"alg":"none","kid":"1"}""")}.{Encode(claims)}.AAAA" }.ToJsonString();

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private static JsonObject Keys()
    {
        using var key = Harness.Issuer.SigningKey.Ec();
        return key.ToJwks();
    }

    private static Task<VaultServer> StartAsync(TestDatabase database, UpstreamDouble provider) =>
        VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString)
            {
                Variables = new Dictionary<string, string>
                {
                    ["AXVAULT_ISSUER_PRIVATE_HOSTS"] = "127.0.0.1",
                    ["AXVAULT_CONSOLE_OIDC_ISSUER"] = provider.Url,
                    ["AXVAULT_CONSOLE_OIDC_CLIENT_ID"] = "console",
                    ["AXVAULT_CONSOLE_OIDC_RULE"] = OidcFleet.Rule,
                },
            }
        );
}
