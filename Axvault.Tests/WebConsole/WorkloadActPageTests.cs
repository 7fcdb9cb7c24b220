using System.Net;
using System.Text.Json.Nodes;
using Axvault.Tests.Harness.Issuer;

namespace Axvault.Tests.WebConsole;

/// <summary>The acts on issuers and rules, by clicks in Chromium.</summary>
public sealed class WorkloadActPageTests(ConsoleBrowserFixture console) : IClassFixture<ConsoleBrowserFixture>
{
    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task An_issuer_and_a_rule_are_made_tried_changed_and_deleted()
    {
        using var key = SigningKey.Ec();
        await using var tab = await console.SignInAsync();
        await tab.FollowAsync("Workloads");
        await tab.FollowAsync("New issuer");
        await tab.FillAsync("Name", "ci");
        await tab.FillAsync("Issuer", "https://ci.example");
        await tab.FillAsync("Its public keys", key.ToJwks().ToJsonString());
        await tab.FollowAsync("Store the issuer");
        await tab.ShowsAsync("The issuer is stored.");
        await tab.ShowsAsync("ec-1");

        await tab.FollowAsync("Workloads");
        await tab.FollowAsync("New rule");
        await tab.FillAsync("Name", "deploy");
        await tab.ChooseAsync("Issuer", "ci");
        await tab.FillAsync("Audience", "axvault");
        await tab.FillAsync("Subject", "repo:octo/app:ref:refs/heads/main");
        await tab.FillAsync("Further claims", "repository_id = 1, 2\nenvironment = production");
        await tab.FillAsync("Reads", "deploy.*");
        await tab.FollowAsync("Store the rule");
        await tab.ShowsAsync("The rule is stored.");
        await tab.ShowsAsync("Reads every name that starts with deploy.");
        var rule = (await console.Admin.GetAsync("rules/deploy")).Is(HttpStatusCode.OK).Json;
        Assert.Equal("""["1","2"]""", rule.GetProperty("claims").GetProperty("repository_id").GetRawText());

        await tab.FillAsync("Token", key.Sign(Claims("production")));
        await tab.FollowAsync("Try it");
        await tab.ShowsAsync("The token would be exchanged for a key now.");
        await tab.FillAsync("Token", key.Sign(Claims("staging")));
        await tab.FollowAsync("Try it");
        await tab.ShowsAsync("The token would be refused.");
        await tab.ShowsAsync("staging");

        await tab.ClickAsync("Change the rule");
        await tab.FillAsync("Uses through the broker", "deploy.key");
        await tab.FollowAsync("Save the change");
        await tab.ShowsAsync("Uses deploy.key through the broker");
        rule = (await console.Admin.GetAsync("rules/deploy")).Is(HttpStatusCode.OK).Json;
        Assert.Equal("""["1","2"]""", rule.GetProperty("claims").GetProperty("repository_id").GetRawText());

        await tab.FollowAsync("Delete the rule");
        await tab.ShowsAsync("The rule is deleted.");
        (await console.Admin.GetAsync("rules/deploy")).IsNotFound();
        await tab.FollowAsync("ci");
        await tab.FollowAsync("Delete the issuer");
        await tab.ShowsAsync("The issuer is deleted.");
        (await console.Admin.GetAsync("issuers/ci")).IsNotFound();
        Assert.Equal(2, tab.Questions.Count);
        tab.IsClean();
    }

    private static JsonObject Claims(string environment)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        return new JsonObject
        {
            ["iss"] = "https://ci.example",
            ["aud"] = "axvault",
            ["sub"] = "repo:octo/app:ref:refs/heads/main",
            ["repository_id"] = "2",
            ["environment"] = environment,
            ["iat"] = now,
            ["exp"] = now + 300,
            ["jti"] = Guid.NewGuid().ToString(),
        };
    }
}
