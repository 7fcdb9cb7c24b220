using System.Net;

namespace Axvault.Tests.WebConsole;

/// <summary>A session may do what its key may, and its calls are in the audit log as those of its key.</summary>
public sealed class RightsServerTests(ConsoleFleet fleet) : IClassFixture<ConsoleFleet>
{
    [Fact]
    public async Task A_session_sees_only_what_its_key_may_read()
    {
        (await fleet.Admin.PutCredentialAsync("mine.one")).Is(HttpStatusCode.Created);
        (await fleet.Admin.PutCredentialAsync("yours.one")).Is(HttpStatusCode.Created);
        var key = await fleet.Admin.CreateKeyAsync(read: ["mine.*"]);
        using var browser = await PlainBrowser.SignInAsync(fleet.Server, key.Secret);

        var list = (await browser.GetAsync("/console/credentials")).Is(HttpStatusCode.OK).Text;
        Assert.Contains("href=\"/console/credentials/mine.one\"", list, StringComparison.Ordinal);
        Assert.DoesNotContain("yours", list, StringComparison.Ordinal);
        var overview = (await browser.GetAsync("/console")).Is(HttpStatusCode.OK).Text;
        Assert.Contains("<b>1</b><span>credential</span>", overview, StringComparison.Ordinal);
        Assert.DoesNotContain("<a href=\"/console/keys\"><b>", overview, StringComparison.Ordinal);
        Assert.DoesNotContain("<a href=\"/console/servers\"><b>", overview, StringComparison.Ordinal);
        var detail = (await browser.GetAsync("/console/credentials/mine.one")).Is(HttpStatusCode.OK).Text;
        Assert.DoesNotContain("Who may have it", detail, StringComparison.Ordinal);
        foreach (var page in new[] { "keys", $"keys/{key.Id}", "workloads", "audit", "audit/export", "usage", "servers" })
        {
            var refused = (await browser.GetAsync($"/console/{page}")).Is(HttpStatusCode.Forbidden);
            Assert.Contains("<h1>Not allowed</h1>", refused.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("Bootstrap", refused.Text, StringComparison.Ordinal);
        }

        // A name that the key may not read looks like one that no credential has.
        var hidden = (await browser.GetAsync("/console/credentials/yours.one")).Is(HttpStatusCode.NotFound).Text;
        var none = (await browser.GetAsync("/console/credentials/none.one")).Is(HttpStatusCode.NotFound).Text;
        Assert.Equal(none, hidden);
    }

    [Fact]
    public async Task An_act_beyond_the_rights_of_the_key_is_refused_and_does_nothing()
    {
        var content = await ConsoleContent.PutAsync(fleet.Admin, "beyond");
        var key = await fleet.Admin.CreateKeyAsync(read: ["*"]);
        using var browser = await PlainBrowser.SignInAsync(fleet.Server, key.Secret);

        foreach (var act in ConsoleRoutes.Acts.Where(static act => act != "/console/put"))
        {
            var answer = await browser.PostFormAsync(
                content.Path(act),
                ("name", "beyond"),
                ("issuer", "beyond"),
                ("audience", "a"),
                ("read", "*"),
                ("token", "x")
            );
            // A draft that is none of the session is refused before any right.
            var needsDraft = act is "/console/put/store" or "/console/credentials/{name}/login/finish";
            Assert.True(answer.Status == (needsDraft ? HttpStatusCode.BadRequest : HttpStatusCode.Forbidden), $"{act}: {answer.Status}");
        }

        (await fleet.Admin.GetAsync("credentials/beyond")).Is(HttpStatusCode.OK);
        (await fleet.Admin.GetAsync($"keys/{content.KeyId}")).Is(HttpStatusCode.OK);
        (await fleet.Admin.GetAsync("rules/beyond")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_session_grants_no_more_than_its_key()
    {
        var key = await fleet.Admin.CreateKeyAsync(grant: ["team.*"]);
        using var browser = await PlainBrowser.SignInAsync(fleet.Server, key.Secret);

        var refused = await browser.PostFormAsync("/console/keys/new", ("name", "too much"), ("read", "*"));
        var granted = await browser.PostFormAsync("/console/keys/new", ("name", "enough"), ("read", "team.a\r\nteam.b"));

        Assert.Equal(HttpStatusCode.Forbidden, refused.Status);
        Assert.Contains("value=\"too much\"", refused.Text, StringComparison.Ordinal);
        Assert.Contains("Reads team.a and team.b", granted.Is(HttpStatusCode.OK).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_page_and_act_is_audited_as_a_call_of_its_key_from_the_browser()
    {
        var content = await ConsoleContent.PutAsync(fleet.Admin, "audited");
        var key = await fleet.Admin.CreateKeyAsync(["*"], ["*"], ["*"]);
        using var browser = await fleet.SignInFromAsync("198.51.100.7", key.Secret);
        foreach (var page in ConsoleRoutes.Pages)
        {
            (await browser.GetAsync(content.Path(page), ("User-Agent", "A browser/1.0"))).Is(HttpStatusCode.OK);
        }

        (await browser.PostFormAsync("/console/audit/verification")).Is(HttpStatusCode.OK);
        (await browser.PostFormAsync("/console/credentials/audited/delete")).Is(HttpStatusCode.SeeOther);

        var log = (await fleet.Admin.GetAsync($"audit?key={key.Id}&limit=1000")).Is(HttpStatusCode.OK).Json.GetProperty("entries");
        var entries = log.EnumerateArray().Where(entry => entry.TryGetProperty("keyId", out var caller) && caller.GetString() == key.Id).ToList();
        var actions = entries.Select(static entry => entry.GetProperty("action").GetString()!).ToHashSet();
        Assert.Superset(
            new HashSet<string>(
                [
                    "credential.list",
                    "overview.read",
                    "credential.delete",
                    "key.list",
                    "key.read",
                    "rule.list",
                    "rule.read",
                    "issuer.list",
                    "issuer.read",
                    "audit.list",
                    "audit.verify",
                ]
            ),
            actions
        );
        Assert.All(entries, static entry => Assert.Equal("198.51.100.7", entry.GetProperty("clientAddress").GetString()));
        Assert.Contains(entries, static entry => entry.TryGetProperty("userAgent", out var agent) && agent.GetString() == "A browser/1.0");
        Assert.DoesNotContain("credential.read", actions);
    }
}
