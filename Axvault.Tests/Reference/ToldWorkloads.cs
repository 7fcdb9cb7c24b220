using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Issuer;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Reference;

/// <summary>An issuer, a rule and tokens for the calls of workload identity.</summary>
internal sealed class ToldWorkloads
{
    private const string Audience = "told";
    private const string Subject = "job:told";

    private readonly SigningKey _key = SigningKey.Ec();

    /// <summary>The name of the issuer.</summary>
    public string Issuer { get; } = $"told-{Guid.NewGuid():N}";

    /// <summary>The name of the rule.</summary>
    public string Rule { get; } = $"told-{Guid.NewGuid():N}";

    private string Identifier => $"https://{Issuer}.example.com";

    /// <summary>Returns the body of the issuer, or of another one that is new.</summary>
    public string IssuerBody(bool isNew) =>
        new JsonObject { ["issuer"] = isNew ? $"{Identifier}/new" : Identifier, ["jwks"] = _key.ToJwks() }.ToJsonString();

    /// <summary>Returns the body of the rule.</summary>
    public string RuleBody() =>
        new JsonObject
        {
            ["issuer"] = Issuer,
            ["audience"] = Audience,
            ["subject"] = Subject,
            ["readAccess"] = new JsonArray("told"),
        }.ToJsonString();

    /// <summary>Returns the body of a test of the rule.</summary>
    public string TestBody() => new JsonObject { ["token"] = Token() }.ToJsonString();

    /// <summary>Returns the form of an exchange that is answered with <paramref name="status"/>.</summary>
    public FormUrlEncodedContent Form(string status) =>
        new(
            new Dictionary<string, string>
            {
                ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                ["assertion"] = status == "413" ? new string('a', 64 * 1024) : Token(),
                ["client_id"] = status == "400" ? "" : Rule,
            }
        );

    /// <summary>Makes the issuer.</summary>
    public async Task MakeIssuerAsync(VaultClient admin)
    {
        var status = (await admin.PutAsync($"issuers/{Issuer}", IssuerBody(isNew: false))).Status;
        Assert.True(status is HttpStatusCode.Created or HttpStatusCode.OK);
    }

    /// <summary>Makes the issuer and the rule.</summary>
    public async Task MakeRuleAsync(VaultClient admin)
    {
        await MakeIssuerAsync(admin);
        (await admin.PutAsync($"rules/{Rule}", RuleBody())).Is(HttpStatusCode.Created);
    }

    private string Token()
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return _key.Sign(
            new JsonObject
            {
                ["iss"] = Identifier,
                ["aud"] = Audience,
                ["sub"] = Subject,
                ["iat"] = now,
                ["exp"] = now + 300,
                ["jti"] = Guid.NewGuid().ToString(),
            }
        );
    }
}
