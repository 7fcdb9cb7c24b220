using Axvault.Tests.Harness.Browsers;

namespace Axvault.Tests.WebConsole.Oidc;

/// <summary>The sign-in at an OpenID provider in Chromium. To the browser the provider is another site, because the console is opened as localhost.</summary>
public sealed class OidcPageTests(OidcFleet fleet) : IClassFixture<OidcFleet>
{
    private Uri Console => new UriBuilder(fleet.Servers[0].Address) { Host = "localhost" }.Uri;

    [Theory(Explicit = true)]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Category", "Long")]
    public async Task A_person_signs_in_at_the_provider_and_is_led_to_the_wanted_page(bool script)
    {
        await using var chromium = await Chromium.LaunchAsync();
        await using var tab = await chromium.OpenAsync(Console);
        await tab.Page.SetJavaScriptEnabledAsync(script);
        await LogInAsync(tab, "ada", "/console/credentials?q=seen");

        await tab.ClickAsync("Allow");
        await tab.WaitForAsync("document.querySelector('h1').innerText === 'Credentials'");

        Assert.Equal("/console/credentials?q=seen", tab.Address);
        await tab.ShowsAsync("seen.one");
        await tab.ShowsAsync("ada");
        Assert.DoesNotContain("unseen", await tab.TextAsync(), StringComparison.Ordinal);
        Assert.Empty(tab.Complaints);

        // The code is in the address of one request, and no other request tells it.
        var codes = tab.Requests.Where(static request => request.Url.Contains("code=", StringComparison.Ordinal)).ToList();
        Assert.StartsWith($"{Console}console/sign-in/oidc/callback?", Assert.Single(codes).Url, StringComparison.Ordinal);
        Assert.DoesNotContain(tab.Requests, static request => request.Headers.Any(static header => header.Value.Contains("code=", StringComparison.Ordinal)));
        await tab.Page.GoBackAsync();
        Assert.DoesNotContain("code=", tab.Page.Url, StringComparison.Ordinal);
        await tab.GoAsync("/console/credentials");
        await tab.FollowAsync("Sign out");
        await tab.ShowsAsync("Sign in with");
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_person_whom_the_rule_refuses_is_told_what_to_do()
    {
        await using var chromium = await Chromium.LaunchAsync();
        await using var tab = await chromium.OpenAsync(Console);
        await LogInAsync(tab, "grace", "/console");

        await tab.ClickAsync("Allow");
        await tab.ShowsAsync("The rule console of this vault gives you no session. Ask an administrator: the audit log has the reason.");

        await tab.FollowAsync("Go to the overview");
        await tab.ShowsAsync("Sign in with");
        Assert.Empty(await tab.Page.GetCookiesAsync(Console.ToString()));
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_person_who_refuses_can_start_again()
    {
        await using var chromium = await Chromium.LaunchAsync();
        await using var tab = await chromium.OpenAsync(Console);
        await LogInAsync(tab, "ada", "/console");

        await tab.ClickAsync("Refuse");
        await tab.ShowsAsync("did not sign you in (access_denied)");

        await tab.FollowAsync("Go to the overview");
        await tab.ClickAsync("Sign in with");
        await tab.ShowsAsync("Allow access");
        await tab.ClickAsync("Allow");
        await tab.WaitForAsync("document.querySelector('h1').innerText === 'Overview'");
    }

    private static async Task LogInAsync(WatchedPage tab, string user, string page)
    {
        await tab.GoAsync(page);
        await tab.ClickAsync("Sign in with");
        await tab.ShowsAsync("Log in");
        await tab.FillAsync("User", user);
        await tab.FollowAsync("Log in");
        await tab.ShowsAsync("Allow access");
    }
}
