using System.Net;
using Axvault.Api.Keys;
using Axvault.Api.WebConsole.Sessions;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>A session: who has one, and when it ends.</summary>
public sealed class SessionServerTests(ConsoleFleet fleet) : IClassFixture<ConsoleFleet>
{
    private const string Page = "/console/credentials?q=a&sort=name";

    [Fact]
    public async Task A_page_without_a_session_leads_to_the_sign_in_and_back()
    {
        using var browser = new PlainBrowser(fleet.Server);

        foreach (var page in ConsoleRoutes.Pages.Select(static page => ConsoleRoutes.Fill(page)))
        {
            PlainBrowser.LeadsToSignIn(await browser.GetAsync($"{page}?a=1&b=%26"), $"{page}?a=1&b=%26");
        }

        foreach (var act in ConsoleRoutes.Acts.Select(static act => ConsoleRoutes.Fill(act)))
        {
            PlainBrowser.LeadsToSignIn(await browser.PostAsync(act, [("form-token", "x")]), "/console");
        }
    }

    [Fact]
    public async Task A_part_of_a_page_without_a_session_lets_the_script_load_the_sign_in()
    {
        using var browser = new PlainBrowser(fleet.Server);

        var answer = (await browser.GetAsync("/console/audit/live", ("HX-Request", "true"))).Is(HttpStatusCode.NoContent);

        Assert.Equal("/console/sign-in?to=%2Fconsole", answer.Headers["HX-Redirect"]);
        Assert.Empty(answer.Bytes);
    }

    [Fact]
    public async Task A_changed_cookie_is_no_session()
    {
        using var browser = await PlainBrowser.SignInAsync(fleet.Server, fleet.Admin.Secret);
        var cookie = browser.Cookie;
        string[] changed =
        [
            Flip(cookie, 0),
            Flip(cookie, cookie.Length / 2),
            Flip(cookie, cookie.Length - 2),
            cookie[..^4],
            cookie[..20],
            cookie + cookie,
            cookie + "AAAA",
            new('A', 4097),
            "A",
            "%00",
            "{}",
        ];

        foreach (var text in changed)
        {
            browser.Cookie = text;
            PlainBrowser.LeadsToSignIn(await browser.GetAsync(Page), Page);
        }

        browser.Cookie = cookie;
        (await browser.GetAsync(Page)).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(-479, true)]
    [InlineData(-480, false)]
    [InlineData(-100_000, false)]
    [InlineData(5, false)]
    public async Task A_session_lasts_8_hours_and_none_comes_from_the_future(int minutes, bool isOpen)
    {
        using var browser = Sealed(await fleet.SealAsync(), DateTimeOffset.UtcNow.AddMinutes(minutes));

        Assert.Equal(isOpen ? HttpStatusCode.OK : HttpStatusCode.SeeOther, (await browser.GetAsync(Page)).Status);
    }

    [Fact]
    public async Task A_session_of_another_vault_is_none_here()
    {
        using var browser = Sealed(await fleet.SealAsync("the-encryption-key-of-another-vault-0123456789"), DateTimeOffset.UtcNow);

        PlainBrowser.LeadsToSignIn(await browser.GetAsync(Page), Page);
    }

    [Fact]
    public async Task A_session_works_on_every_server_and_ends_with_its_key_on_each()
    {
        var key = await fleet.Admin.CreateKeyAsync(read: ["*"]);

        await EndsAsync(key.Secret, async () => (await fleet.Admin.DeleteAsync($"keys/{key.Id}")).Is(HttpStatusCode.NoContent));
    }

    [Fact]
    public async Task A_session_ends_with_the_secret_that_signed_in()
    {
        var key = await fleet.Admin.CreateKeyAsync(read: ["*"]);

        await EndsAsync(
            key.Secret,
            async () => (await fleet.Admin.PostAsync($"keys/{key.Id}/rotate", """{"overlapSeconds":0}""")).Is(HttpStatusCode.OK)
        );
    }

    [Fact]
    public async Task A_session_ends_when_its_key_expires()
    {
        var key = await fleet.Admin.CreateKeyAsync(read: ["*"]);

        await EndsAsync(
            key.Secret,
            async () =>
            {
                var end = DateTimeOffset.UtcNow.AddSeconds(1);
                (await fleet.Admin.PatchAsync($"keys/{key.Id}", $$"""{"expiresAt":"{{end:O}}"}""")).Is(HttpStatusCode.OK);
                await Until.HoldsAsync(() => DateTimeOffset.UtcNow > end, "the key has expired");
            }
        );
    }

    [Fact]
    public async Task A_session_has_the_rights_that_its_key_has_now()
    {
        (await fleet.Admin.PutCredentialAsync("narrowed")).Is(HttpStatusCode.Created);
        var key = await fleet.Admin.CreateKeyAsync(read: ["*"]);
        using var browser = await PlainBrowser.SignInAsync(fleet.Proxied, key.Secret);
        (await browser.GetAsync("/console/credentials/narrowed")).Is(HttpStatusCode.OK);

        (await fleet.Admin.PatchAsync($"keys/{key.Id}", """{"readAccess":["other"]}""")).Is(HttpStatusCode.OK);

        Assert.DoesNotContain("narrowed", (await browser.GetAsync("/console/credentials")).Is(HttpStatusCode.OK).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stolen_session_of_a_key_bound_to_a_network_is_worth_nothing_elsewhere()
    {
        var created = await fleet.Admin.PostAsync("keys", """{"name":"bound","readAccess":["*"],"allowedCidrs":["198.51.100.0/24"]}""");
        var secret = created.Is(HttpStatusCode.Created).Json.GetProperty("secret").GetString();
        using var owner = await fleet.SignInFromAsync("198.51.100.7", secret);
        using var thief = new PlainBrowser(fleet.Proxied, ("X-Forwarded-For", "203.0.113.9"));
        thief.Cookies.Add("axvault-session", owner.Cookie);

        PlainBrowser.LeadsToSignIn(await thief.GetAsync(Page), Page);
        (await owner.GetAsync(Page)).Is(HttpStatusCode.OK);
    }

    // Signs in at the first server, and asserts that the session works on both until the end.
    private async Task EndsAsync(string secret, Func<Task> end)
    {
        using var browser = await PlainBrowser.SignInAsync(fleet.Server, secret);
        using var other = new PlainBrowser(fleet.Proxied);
        other.Cookies.Add("axvault-session", browser.Cookie);
        (await browser.GetAsync(Page)).Is(HttpStatusCode.OK);
        (await other.GetAsync(Page)).Is(HttpStatusCode.OK);

        await end();

        PlainBrowser.LeadsToSignIn(await other.GetAsync(Page), Page);
        PlainBrowser.LeadsToSignIn(await browser.GetAsync(Page), Page);
        Assert.Empty(browser.Cookies);
        using var again = new PlainBrowser(fleet.Proxied);
        (await again.PostAsync("/console/sign-in", [("key", secret)])).Is(HttpStatusCode.Unauthorized);
    }

    private PlainBrowser Sealed(SessionSeal seal, DateTimeOffset signedInAt)
    {
        Assert.True(ApiKeySecret.TryParse(fleet.Admin.Secret, out var secret));
        var browser = new PlainBrowser(fleet.Server);
        browser.Cookies.Add("axvault-session", seal.Seal(ConsoleSession.Begin(secret.Hash(), "k_0123456789ab", "sealed", signedInAt)));
        return browser;
    }

    private static string Flip(string text, int at) => text.Remove(at, 1).Insert(at, text[at] == 'A' ? "B" : "A");
}
