using System.Net;
using System.Text.Json;
using System.Web;
using Axvault.Api.WebConsole.Oidc;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole.Oidc;

/// <summary>The sign-in at an OpenID provider: who gets a session, and when it ends.</summary>
public sealed class OidcSignInServerTests(OidcFleet fleet) : IClassFixture<OidcFleet>
{
    private const string Page = "/console/credentials?q=s&sort=name";

    [Fact]
    public async Task A_person_signs_in_and_sees_what_the_rule_allows()
    {
        using var browser = fleet.Browser();
        var form = (await browser.GetAsync("/console/sign-in")).Is(HttpStatusCode.OK).Text;
        Assert.Contains($"Sign in with {new Uri(fleet.Provider.Issuer).Authority}", form, StringComparison.Ordinal);

        var callback = await fleet.LogInAsync(browser, "ada", Page);
        Assert.Equal(["axvault-oidc"], browser.Cookies.Keys);
        var signedIn = (await browser.GetAsync(callback)).Is(HttpStatusCode.OK);

        Assert.Equal(Page, OidcFleet.OnwardOf(signedIn));
        Assert.Equal(["axvault-session"], browser.Cookies.Keys);
        Assert.Contains("; path=/; samesite=strict; httponly", signedIn.Headers["Set-Cookie"], StringComparison.Ordinal);
        var page = (await browser.GetAsync(Page)).Is(HttpStatusCode.OK).Text;
        Assert.Contains("seen.one", page, StringComparison.Ordinal);
        Assert.DoesNotContain("unseen", page, StringComparison.Ordinal);
        Assert.Contains("console: ada", page, StringComparison.Ordinal);
        (await browser.GetAsync("/console/audit")).Is(HttpStatusCode.Forbidden);
        var entries = (await fleet.Admin.GetAsync("audit?action=token.exchange&outcome=success")).Json.GetProperty("entries").EnumerateArray();
        Assert.Contains(entries, static entry => entry.GetProperty("reason").GetString()!.EndsWith("subject ada", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_person_whom_the_rule_refuses_gets_no_session()
    {
        using var browser = fleet.Browser();
        var callback = await fleet.LogInAsync(browser, "grace");

        var answer = (await browser.GetAsync(callback)).Is(HttpStatusCode.Forbidden);

        Assert.Contains("The rule console of this vault gives you no session.", answer.Text, StringComparison.Ordinal);
        Assert.Empty(browser.Cookies);
        Assert.StartsWith("claim groups: rule console", await OidcFleet.RefusedAsync(fleet.Admin), StringComparison.Ordinal);
    }


    [Fact]
    public async Task An_answer_counts_only_in_the_browser_that_asked_for_it()
    {
        using var owner = fleet.Browser();
        var callback = await fleet.LogInAsync(owner, "ada");
        using var stranger = fleet.Browser();
        await IsRefusedAsync(stranger, callback, "no attempt of this browser");
        using var other = fleet.Browser();
        await OidcFleet.StartAsync(other);
        await IsRefusedAsync(other, callback, "no attempt of this browser");

        foreach (var changed in (string[])["", owner.Cookie[..^4], "A", "{}", new('A', 5000)])
        {
            using var thief = fleet.Browser();
            thief.Cookies["axvault-oidc"] = changed;
            await IsRefusedAsync(thief, callback, "no attempt of this browser");
        }

        (await owner.GetAsync(callback)).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("state")]
    [InlineData("iss")]
    [InlineData("code")]
    public async Task An_answer_with_a_changed_or_lost_parameter_is_refused(string parameter)
    {
        foreach (var value in (string?[])[null, "", "x", "http://127.0.0.1:1"])
        {
            using var browser = fleet.Browser();
            var callback = await fleet.LogInAsync(browser, "ada");
            var query = HttpUtility.ParseQueryString(callback.Split('?')[1]);
            query[parameter] = value;
            if (value is null)
            {
                query.Remove(parameter);
            }

            var reason = (parameter, value) switch
            {
                ("state", _) => "no attempt of this browser",
                ("iss", _) => "an answer of another issuer",
                ("code", null or "") => "no code, no reason",
                _ => "the code was refused with 400 invalid_grant",
            };
            await IsRefusedAsync(browser, $"{callback.Split('?')[0]}?{query}", reason);
        }
    }

    [Fact]
    public async Task A_replayed_answer_gives_no_second_session()
    {
        using var browser = fleet.Browser();
        var callback = await fleet.LogInAsync(browser, "ada");
        using var thief = fleet.Browser();
        thief.Cookies["axvault-oidc"] = browser.Cookie;
        (await browser.GetAsync(callback)).Is(HttpStatusCode.OK);

        await IsRefusedAsync(thief, callback, "the code was refused with 400 invalid_grant");

        browser.Cookies.Clear();
        await IsRefusedAsync(browser, callback, "no attempt of this browser");
    }

    [Fact]
    public async Task A_token_for_another_attempt_gives_no_session()
    {
        using var browser = fleet.Browser();
        var callback = await fleet.LogInAsync(browser, "ada");
        browser.Cookie = await ResealedAsync(browser.Cookie, static attempt => attempt with { Nonce = "another" });

        await IsRefusedAsync(browser, callback, "nonce");
    }

    [Fact]
    public async Task A_code_without_its_verifier_gives_no_session()
    {
        using var browser = fleet.Browser();
        var callback = await fleet.LogInAsync(browser, "ada");
        browser.Cookie = await ResealedAsync(browser.Cookie, static attempt => attempt with { Verifier = new string('a', 43) });

        await IsRefusedAsync(browser, callback, "the code was refused with 400 invalid_grant");
    }

    [Theory]
    [InlineData(-9, true)]
    [InlineData(-10, false)]
    [InlineData(5, false)]
    public async Task An_attempt_lasts_10_minutes_and_none_comes_from_the_future(int minutes, bool isTaken)
    {
        using var browser = fleet.Browser();
        var callback = await fleet.LogInAsync(browser, "ada");
        var startedAt = DateTimeOffset.UtcNow.AddMinutes(minutes);
        browser.Cookie = await ResealedAsync(browser.Cookie, attempt => attempt with { StartedAt = startedAt });

        if (isTaken)
        {
            (await browser.GetAsync(callback)).Is(HttpStatusCode.OK);
        }
        else
        {
            await IsRefusedAsync(browser, callback, "no attempt of this browser");
        }
    }

    [Fact]
    public async Task A_session_is_no_attempt_and_an_attempt_no_session()
    {
        using var browser = fleet.Browser();
        var callback = await fleet.LogInAsync(browser, "ada");
        browser.Cookies["axvault-session"] = browser.Cookie;
        PlainBrowser.LeadsToSignIn(await browser.GetAsync(Page), Page);
        browser.Cookies.Remove("axvault-session");
        using var session = await PlainBrowser.SignInAsync(fleet.Servers[0], fleet.Admin.Secret);
        browser.Cookies["axvault-oidc"] = session.Cookie;

        await IsRefusedAsync(browser, callback, "no attempt of this browser");
    }

    [Fact]
    public async Task A_person_who_refuses_at_the_provider_is_told_so()
    {
        using var browser = fleet.Browser();
        var callback = await fleet.LogInAsync(browser, "ada", refuses: true);

        var answer = await IsRefusedAsync(browser, callback, "no code, access_denied");

        Assert.Contains("did not sign you in (access_denied).", answer.Text, StringComparison.Ordinal);
        using var forger = fleet.Browser();
        var state = HttpUtility.ParseQueryString((await OidcFleet.StartAsync(forger)).Query)["state"];
        var forged = $"/console/sign-in/oidc/callback?state={state}&iss={Uri.EscapeDataString(fleet.Provider.Issuer)}&error=%3Cscript%3E";
        Assert.DoesNotContain("script&gt;", (await IsRefusedAsync(forger, forged, "no code, no reason")).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("//evil.example")]
    [InlineData("https://evil.example/console")]
    [InlineData("/console/../docs")]
    [InlineData("javascript:alert(1)")]
    [InlineData("")]
    public async Task A_sign_in_leads_nowhere_but_into_the_console(string wanted)
    {
        using var browser = fleet.Browser();
        var callback = await fleet.LogInAsync(browser, "ada", wanted);

        Assert.Equal("/console", OidcFleet.OnwardOf((await browser.GetAsync(callback)).Is(HttpStatusCode.OK)));
    }

    [Fact]
    public async Task A_very_long_wanted_page_does_not_prevent_the_sign_in()
    {
        foreach (var wanted in (string[])[$"/console?{new string('&', 395)}", $"/console?{new string('é', 2500)}"])
        {
            using var browser = fleet.Browser();
            var callback = await fleet.LogInAsync(browser, "ada", wanted);
            // A browser drops a cookie above 4096 bytes.
            Assert.InRange(browser.Cookie.Length, 1, 4000);

            (await browser.GetAsync(callback)).Is(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Over_TLS_both_cookies_are_secure_and_bound_to_their_host()
    {
        using var browser = new PlainBrowser(fleet.Servers[0]) { Origin = $"https://{fleet.Servers[0].Address.Authority}" };
        var callback = await fleet.LogInAsync(browser, "ada");
        Assert.Equal(["__Host-axvault-oidc"], browser.Cookies.Keys);

        var signedIn = (await browser.GetAsync(callback)).Is(HttpStatusCode.OK);

        Assert.Equal(["__Host-axvault"], browser.Cookies.Keys);
        Assert.Contains("; path=/; secure; samesite=strict; httponly", signedIn.Headers["Set-Cookie"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_end_of_the_key_ends_the_session_on_every_server()
    {
        using var browser = await SignInAsync();
        var keys = (await fleet.Admin.GetAsync("keys?issued=true")).Is(HttpStatusCode.OK).Json.GetProperty("keys").EnumerateArray();
        foreach (var key in keys.Where(static key => key.TryGetProperty("rule", out _)))
        {
            (await fleet.Admin.DeleteAsync($"keys/{key.GetProperty("id").GetString()}")).Is(HttpStatusCode.NoContent);
        }

        await HasEndedAsync(browser);
    }

    [Fact]
    public async Task A_sign_out_ends_the_key_of_the_session_on_every_server()
    {
        using var browser = await SignInAsync();
        using var copy = fleet.Browser();
        copy.Cookies["axvault-session"] = browser.Cookie;

        (await browser.PostAsync("/console/sign-out", [])).Is(HttpStatusCode.SeeOther);

        Assert.Empty(browser.Cookies);
        await HasEndedAsync(copy);
    }

    private async Task<PlainBrowser> SignInAsync()
    {
        var browser = fleet.Browser();
        var callback = await fleet.LogInAsync(browser, "ada");
        (await browser.GetAsync(callback)).Is(HttpStatusCode.OK);
        return browser;
    }

    private async Task HasEndedAsync(PlainBrowser browser)
    {
        using var other = new PlainBrowser(fleet.Servers[1]);
        other.Cookies["axvault-session"] = browser.Cookie;
        PlainBrowser.LeadsToSignIn(await other.GetAsync(Page), Page);
        PlainBrowser.LeadsToSignIn(await browser.GetAsync(Page), Page);
    }

    private async Task<Answer> IsRefusedAsync(PlainBrowser browser, string callback, string reason)
    {
        var answer = (await browser.GetAsync(callback)).Is(HttpStatusCode.BadRequest);
        Assert.Equal("text/html", answer.ContentType);
        Assert.Contains("role=\"alert\">", answer.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(browser.Cookies.Keys, static name => name.EndsWith("-session", StringComparison.Ordinal));
        Assert.Equal($"console sign-in: {reason}", await OidcFleet.RefusedAsync(fleet.Admin));
        return answer;
    }

    private async Task<string> ResealedAsync(string cookie, Func<OidcAttempt, OidcAttempt> change)
    {
        var seal = await fleet.SealAsync();
        var attempt = JsonSerializer.Deserialize(seal.OpenAttempt(cookie)!, OidcJsonContext.Default.OidcAttempt)!;
        return seal.SealAttempt(JsonSerializer.SerializeToUtf8Bytes(change(attempt), OidcJsonContext.Default.OidcAttempt));
    }
}
