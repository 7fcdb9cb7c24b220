using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Leaks;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>The two steps of a put, and the draft between them.</summary>
public sealed class PutServerTests(VaultFixture vault, VaultGraph graph) : IClassFixture<VaultFixture>
{
    [Fact]
    public async Task A_draft_is_stored_by_the_session_that_made_it_alone()
    {
        var (token, name) = ($"canary-{Guid.NewGuid():N}", "put.bound");
        LeakWatch.Secrets.Add(token, SecretKind.CredentialData);
        using var owner = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);
        using var other = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);
        var draft = await DraftAsync(owner, name, token);

        (string, string)[] fields = [("name", name), ("kind", "api-key"), ("draft", draft)];
        var refused = (await other.PostFormAsync("/console/put/store", fields)).Is(HttpStatusCode.BadRequest);
        Assert.Contains("The draft is not one of this session.", refused.Text, StringComparison.Ordinal);
        foreach (var text in new[] { "", "x", draft[..^4], draft + "AAAA", owner.Cookie })
        {
            (await owner.PostFormAsync("/console/put/store", ("name", name), ("kind", "api-key"), ("draft", text))).Is(HttpStatusCode.BadRequest);
        }

        (await vault.Admin.GetAsync($"credentials/{name}")).IsNotFound();
        var stored = (await owner.PostFormAsync("/console/put/store", fields)).Is(HttpStatusCode.SeeOther);
        Assert.Equal($"/console/credentials/{name}?done=stored", stored.Headers["Location"]);
        var data = (await vault.Admin.GetAsync($"credentials/{name}")).Is(HttpStatusCode.OK).Json.GetProperty("data");
        Assert.Equal(token, data.GetProperty("apiKey").GetString());
    }

    [Fact]
    public async Task A_large_file_of_a_form_is_never_written_to_the_disk()
    {
        await using var database = await graph.CreateDatabaseAsync();
        // A file that goes to the disk would go to this folder, and fail.
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString) { Variables = new Dictionary<string, string> { ["ASPNETCORE_TEMP"] = "/nowhere" } }
        );
        using var browser = await PlainBrowser.SignInAsync(server, server.BootstrapSecret);
        var file = $$"""{"claudeAiOauth":{"accessToken":"a","refreshToken":"r","scopes":["{{new string('s', 500_000)}}"] } }""";

        var shown = await browser.PostFileAsync("/console/put", file, ("name", "put.large"), ("kind", ""));

        Assert.Contains("Claude login", shown.Is(HttpStatusCode.OK).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_draft_is_no_session_and_a_session_is_no_draft()
    {
        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);
        browser.Cookie = await DraftAsync(browser, "put.draft", "sk-nothing-nothing");

        PlainBrowser.LeadsToSignIn(await browser.GetAsync("/console"), "/console");
    }

    [Fact]
    public async Task A_refused_put_shows_its_form_again_without_the_data()
    {
        using var reader = await PlainBrowser.SignInWithNewKeyAsync(vault, read: ["*"]);
        using var writer = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);
        var refused = (
            await writer.PostFormAsync("/console/put", ("name", "put.refused"), ("data", "canary-not-json"), ("title", "A \"title\""), ("notes", "<b>"))
        ).Is(HttpStatusCode.BadRequest);
        var draft = await DraftAsync(reader, "put.denied", "sk-denied-denied");
        var denied = (
            await reader.PostFormAsync("/console/put/store", ("name", "put.denied"), ("kind", "api-key"), ("draft", draft))
        ).Is(HttpStatusCode.Forbidden);

        Assert.Contains("The text is not a JSON object.", WebUtility.HtmlDecode(refused.Text), StringComparison.Ordinal);
        Assert.Contains("value=\"A &quot;title&quot;\"", refused.Text, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;</textarea>", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", refused.Text, StringComparison.Ordinal);
        Assert.Contains("<h1>Store a credential</h1>", denied.Text, StringComparison.Ordinal);
        (await vault.Admin.GetAsync("credentials/put.denied")).IsNotFound();
    }

    [Theory]
    [InlineData("/console/workloads/rules", "New rule")]
    [InlineData("/console/workloads/issuers", "New issuer")]
    [InlineData("/console/put", "Store a credential")]
    public async Task A_name_with_a_slash_is_refused_in_its_form(string path, string title)
    {
        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);

        var answer = await browser.PostFormAsync(
            path,
            ("name", "a/test"),
            ("issuer", "https://ci.example"),
            ("audience", "axvault"),
            ("kind", "api-key"),
            ("data", "sk-1")
        );

        Assert.Contains($"<h1>{title}</h1>", answer.Is(HttpStatusCode.BadRequest).Text, StringComparison.Ordinal);
    }

    private static async Task<string> DraftAsync(PlainBrowser browser, string name, string token)
    {
        var page = (await browser.PostFormAsync("/console/put", ("name", name), ("kind", "api-key"), ("data", token))).Is(HttpStatusCode.OK);
        return PlainBrowser.FieldOf(page, "draft");
    }
}
