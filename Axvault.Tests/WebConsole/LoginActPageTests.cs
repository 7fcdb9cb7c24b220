using Axvault.Tests.Harness.Browsers;
using Axvault.Tests.Refresh;
using PuppeteerSharp;

namespace Axvault.Tests.WebConsole;

/// <summary>A new login by clicks in Chromium, at the provider's own page.</summary>
public sealed class LoginActPageTests(ConsoleBrowserFixture console) : IClassFixture<ConsoleBrowserFixture>
{
    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_failing_login_is_mended_by_a_code_and_the_page_goes_on_by_itself()
    {
        var old = await PutDeadAsync("mended");
        await using var tab = await console.SignInAsync();
        await tab.GoAsync("/console/credentials/mended");
        await tab.ShowsAsync("A new login is needed");
        await tab.FollowAsync("Log in with a code");
        var code = await tab.Page.EvaluateExpressionAsync<string>("document.getElementById('user-code').innerText");

        await using var provider = await OpenLinkAsync(tab);
        await (await provider.WaitForSelectorAsync("#allow")).ClickAsync();

        await tab.ShowsAsync("The new login is stored.");
        Assert.Equal("/console/credentials/mended?done=logged-in", tab.Address);
        Assert.DoesNotContain(code, await tab.Page.GetContentAsync(), StringComparison.Ordinal);
        Assert.NotEqual(old, (await console.Admin.GetAsync("credentials/mended")).Token("refresh_token"));
        tab.IsClean();
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_denied_code_is_told_by_the_page_itself()
    {
        await PutDeadAsync("refused");
        await using var tab = await console.SignInAsync();
        await tab.GoAsync("/console/credentials/refused/login");
        await tab.FollowAsync("Log in with a code");

        await using var provider = await OpenLinkAsync(tab);
        await (await provider.WaitForSelectorAsync("#deny")).ClickAsync();

        await tab.ShowsAsync("access_denied");
        await tab.FollowAsync("Begin again");
        await tab.ShowsAsync("Log in with a code");
        tab.IsClean();
    }

    [Theory(Explicit = true)]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Category", "Long")]
    public async Task An_address_is_pasted_with_and_without_scripts(bool script)
    {
        var name = $"pasted-{script}";
        var old = await PutDeadAsync(name);
        await using var tab = await console.SignInAsync(script: script);
        await tab.GoAsync($"/console/credentials/{name}");
        await tab.FollowAsync("Log in and paste the address");
        using var person = new Harness.Provider.ProviderPerson();
        var address = await person.LogInAsync(await tab.Page.EvaluateExpressionAsync<string>("document.querySelector('a[target=_blank]').href"));
        await tab.FillAsync("The address", "http://127.0.0.1:1455/callback?code=c&state=another");
        await tab.FollowAsync("Store the login");
        await tab.ShowsAsync("must be the whole address");

        await tab.FillAsync("The address", address.AbsoluteUri);
        await tab.FollowAsync("Store the login");

        await tab.ShowsAsync("The new login is stored.");
        Assert.NotEqual(old, (await console.Admin.GetAsync($"credentials/{name}")).Token("refresh_token"));
        tab.IsClean(400);
    }

    // The link of the page, in a tab of its own.
    private static async Task<IPage> OpenLinkAsync(WatchedPage tab)
    {
        var page = await tab.Page.Browser.NewPageAsync();
        await page.GoToAsync(await tab.Page.EvaluateExpressionAsync<string>("document.querySelector('a[target=_blank]').href"));
        return page;
    }

    private async Task<string> PutDeadAsync(string name)
    {
        var tokens = await console.Lab.PutDueAsync(name, RefreshLab.LoginProviderName);
        await console.Lab.Provider.RefreshAsync(tokens.RefreshToken);
        Assert.Equal("failed", (await console.Admin.GetAsync($"credentials/{name}")).IsRefreshFailed().Status());
        return tokens.RefreshToken;
    }
}
