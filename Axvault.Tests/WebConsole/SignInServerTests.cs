using System.Net;
using Axvault.Api.Keys;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>The sign-in with an API key, and the sign-out.</summary>
public sealed class SignInServerTests(VaultFixture vault, VaultGraph graph) : IClassFixture<VaultFixture>
{
    private const string Path = "/console/sign-in";

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n")]
    public async Task A_right_key_begins_a_session_on_the_wanted_page(string around)
    {
        using var browser = new PlainBrowser(vault.Server);
        var start = await browser.GetAsync("/");
        Assert.Equal((HttpStatusCode.Redirect, "/console"), (start.Status, start.Headers["Location"]));
        var wanted = "/console/audit?action=key.create&outcome=success";
        var first = await browser.GetAsync(wanted);
        PlainBrowser.LeadsToSignIn(first, wanted);
        var form = (await browser.GetAsync(first.Headers["Location"])).Is(HttpStatusCode.OK);
        var to = WebUtility.HtmlDecode(PlainBrowser.FieldOf(form, "to"));

        var answer = (await browser.PostAsync(Path, [("key", vault.Admin.Secret + around), ("to", to)])).Is(HttpStatusCode.SeeOther);

        Assert.Equal(wanted, answer.Headers["Location"]);
        var page = (await browser.GetAsync(wanted)).Is(HttpStatusCode.OK);
        Assert.Contains("Bootstrap Admin", page.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(vault.Admin.Secret!, page.Text + browser.Cookie, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "axvault-session", "")]
    [InlineData("https", "__Host-axvault", "secure; ")]
    public async Task The_cookie_is_for_this_host_and_no_script_and_secure_over_TLS(string? scheme, string name, string secure)
    {
        using var browser = new PlainBrowser(vault.Server) { Origin = $"{scheme ?? "http"}://{vault.Server.Address.Authority}" };

        var answer = (await browser.PostAsync(Path, [("key", vault.Admin.Secret!)])).Is(HttpStatusCode.SeeOther);

        Assert.Equal("/console", answer.Headers["Location"]);
        Assert.Equal($"{name}={browser.Cookie}; max-age=28800; path=/; {secure}samesite=strict; httponly", answer.Headers["Set-Cookie"]);
        (await browser.GetAsync("/console")).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("https://evil.example/console")]
    [InlineData("/\\evil.example")]
    [InlineData("/console\\..\\..\\evil")]
    [InlineData("/console/../api/v1/keys")]
    [InlineData("/console/x/../../docs")]
    [InlineData("/console/%2e%2e/docs")]
    [InlineData("/console/.%2E/docs")]
    [InlineData("/console/.")]
    [InlineData("/consoles")]
    [InlineData("/console@evil.example")]
    [InlineData("/console/\t/evil")]
    [InlineData("/console/x\r\nSet-Cookie: a=b")]
    [InlineData("javascript:alert(1)")]
    [InlineData("console")]
    [InlineData("")]
    public async Task A_sign_in_leads_nowhere_but_into_the_console(string wanted)
    {
        using var browser = new PlainBrowser(vault.Server);
        var form = (await browser.GetAsync($"{Path}?to={Uri.EscapeDataString(wanted)}")).Is(HttpStatusCode.OK);
        Assert.Equal("/console", PlainBrowser.FieldOf(form, "to"));

        var answer = (await browser.PostAsync(Path, [("key", vault.Admin.Secret!), ("to", wanted)])).Is(HttpStatusCode.SeeOther);

        Assert.Equal("/console", answer.Headers["Location"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \t")]
    [InlineData("axv_sk_malformed")]
    [InlineData("Bearer")]
    [InlineData("two words")]
    [InlineData("ключ")]
    [InlineData("none\r\nX-Forwarded-For: 192.0.2.1")]
    [InlineData("<script>alert(1)</script>")]
    public async Task A_text_that_is_no_key_is_refused_on_the_page(string text) => await IsRefusedAsync(text);

    [Fact]
    public async Task An_unknown_an_ended_and_a_very_long_key_are_refused_on_the_page()
    {
        var ended = await vault.Admin.CreateKeyAsync();
        (await vault.Admin.DeleteAsync($"keys/{ended.Id}")).Is(HttpStatusCode.NoContent);

        await IsRefusedAsync(ApiKeySecret.Create().Reveal());
        await IsRefusedAsync(ended.Secret);
        await IsRefusedAsync(new string('x', 10_000));
    }

    [Fact]
    public async Task Refused_sign_ins_count_towards_the_failure_limit_and_a_right_key_passes()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(
            new ServerSettings(database.ConnectionString) { Variables = new Dictionary<string, string> { ["AXVAULT_AUTH_FAILURE_LIMIT"] = "3" } }
        );
        using var browser = new PlainBrowser(server);

        for (var i = 0; i < 3; i++)
        {
            (await browser.PostAsync(Path, [("key", ApiKeySecret.Create().Reveal())])).Is(HttpStatusCode.Unauthorized);
        }

        var limited = (await browser.PostAsync(Path, [("key", ApiKeySecret.Create().Reveal())])).Is(HttpStatusCode.TooManyRequests);
        Assert.Matches("role=\"alert\">Too many failed attempts. Try again in [1-9][0-9]* s\\.", limited.Text);
        Assert.Empty(browser.Cookies);
        using var admin = await PlainBrowser.SignInAsync(server, server.BootstrapSecret);
        (await admin.GetAsync("/console")).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_key_with_the_longest_name_signs_in()
    {
        // A browser drops a cookie above 4096 bytes. Each of these letters takes twelve in JSON with escapes.
        var name = string.Concat(Enumerable.Repeat("\U0001F511", 128));
        var created = await vault.Admin.CreateKeyAsync(name: name);

        using var browser = await PlainBrowser.SignInAsync(vault.Server, created.Secret);

        Assert.InRange(browser.Cookie.Length, 1, 4000);
        Assert.Contains(name, WebUtility.HtmlDecode((await browser.GetAsync("/console/keys/new")).Is(HttpStatusCode.OK).Text), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sign_out_takes_the_session_from_the_browser()
    {
        using var browser = await PlainBrowser.SignInAsync(vault.Server, vault.Admin.Secret);

        var answer = (await browser.PostAsync("/console/sign-out", [])).Is(HttpStatusCode.SeeOther);

        Assert.Equal(Path, answer.Headers["Location"]);
        Assert.Empty(browser.Cookies);
        PlainBrowser.LeadsToSignIn(await browser.GetAsync("/console"), "/console");
    }

    private async Task IsRefusedAsync(string text)
    {
        using var browser = new PlainBrowser(vault.Server);

        var answer = (await browser.PostAsync(Path, [("key", text), ("to", "/console/audit")])).Is(HttpStatusCode.Unauthorized);

        Assert.Equal("text/html", answer.ContentType);
        Assert.Contains("role=\"alert\">The vault does not know this key.", answer.Text, StringComparison.Ordinal);
        Assert.Equal("/console/audit", PlainBrowser.FieldOf(answer, "to"));
        Assert.True(text.Trim().Length == 0 || !answer.Text.Contains(text, StringComparison.Ordinal));
        Assert.Empty(browser.Cookies);
    }
}
