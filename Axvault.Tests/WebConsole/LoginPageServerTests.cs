using System.Net;
using System.Text.RegularExpressions;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;
using Axvault.Tests.Refresh;

namespace Axvault.Tests.WebConsole;

/// <summary>A new login by the pages of the console, in a browser without scripts.</summary>
public sealed partial class LoginPageServerTests(RefreshFixture fixture) : IClassFixture<RefreshFixture>, IDisposable
{
    private readonly ProviderPerson _person = new();

    private RefreshLab Lab => fixture.Lab;

    [Fact]
    public async Task A_device_code_is_confirmed_and_stored_without_scripts()
    {
        using var admin = Lab.Admin();
        using var browser = await SignInAsync();
        var old = await Lab.PutAsync("page.device", RefreshLab.LoginProviderName);
        var begun = (await browser.PostFormAsync("/console/credentials/page.device/login", ("flow", "device"))).Is(HttpStatusCode.OK);
        var draft = PlainBrowser.FieldOf(begun, "draft");
        var waiting = (await browser.PostFormAsync("/console/credentials/page.device/login/finish", ("draft", draft))).Is(HttpStatusCode.OK);
        Assert.Contains(CodeOf(begun), waiting.Text, StringComparison.Ordinal);

        await _person.DecideAsync(VerificationUriOf(begun), CodeOf(begun), allow: true);
        var done = await browser.PostFormAsync("/console/credentials/page.device/login/finish", ("draft", PlainBrowser.FieldOf(waiting, "draft")));

        done.Is(HttpStatusCode.SeeOther);
        Assert.Equal("/console/credentials/page.device?done=logged-in", done.Headers["Location"]);
        Assert.NotEqual(old.RefreshToken, (await admin.GetAsync("credentials/page.device")).Token("refresh_token"));
    }

    [Fact]
    public async Task A_refused_answer_leaves_the_login_open_and_a_right_one_ends_it()
    {
        using var browser = await SignInAsync();
        await Lab.PutAsync("page.paste", RefreshLab.LoginProviderName);
        var begun = (await browser.PostFormAsync("/console/credentials/page.paste/login", ("flow", "paste"))).Is(HttpStatusCode.OK);
        var address = await _person.LogInAsync(AuthorizationUriOf(begun));

        var refused = await browser.PostFormAsync("/console/credentials/page.paste/login/finish", ("draft", DraftOf(begun)), ("answer", "nonsense"));
        refused.Is(HttpStatusCode.BadRequest);
        Assert.Contains("must be the whole address", refused.Text, StringComparison.Ordinal);

        var done = await browser.PostFormAsync(
            "/console/credentials/page.paste/login/finish",
            ("draft", DraftOf(refused)),
            ("answer", address.AbsoluteUri)
        );
        done.Is(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task A_login_of_one_session_is_none_of_another_of_the_same_key()
    {
        using var mine = await SignInAsync();
        using var other = await SignInAsync();
        await Lab.PutAsync("page.mine", RefreshLab.LoginProviderName);
        var begun = (await mine.PostFormAsync("/console/credentials/page.mine/login", ("flow", "device"))).Is(HttpStatusCode.OK);
        await _person.DecideAsync(VerificationUriOf(begun), CodeOf(begun), allow: true);

        var refused = await other.PostFormAsync("/console/credentials/page.mine/login/finish", ("draft", DraftOf(begun)));

        refused.Is(HttpStatusCode.BadRequest);
        Assert.Contains("not one of this session", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(CodeOf(begun), (await other.GetAsync("/console/credentials/page.mine/login")).Text, StringComparison.Ordinal);
        (await mine.PostFormAsync("/console/credentials/page.mine/login/finish", ("draft", DraftOf(begun)))).Is(HttpStatusCode.SeeOther);
    }

    [Fact]
    public async Task A_page_that_waits_keeps_the_raised_interval_and_never_asks_twice_at_once()
    {
        using var browser = await SignInAsync();
        await Lab.PutAsync("page.slow", RefreshLab.LoginProviderName);
        var page = (await browser.PostFormAsync("/console/credentials/page.slow/login", ("flow", "device"))).Is(HttpStatusCode.OK);
        Lab.Proxy.Next(Fault.Error("slow_down"), 2);

        foreach (var interval in (int[])[10, 15, 15])
        {
            page = (await browser.PostFormAsync("/console/credentials/page.slow/login/finish", ("draft", DraftOf(page)))).Is(HttpStatusCode.OK);
            Assert.Contains($"hx-trigger=\"every {interval}s, submit\" hx-sync=\"this:drop\"", page.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("not JSON")]
    [InlineData("{}")]
    public async Task A_draft_of_another_form_is_no_login(string data)
    {
        using var browser = await SignInAsync();
        var confirm = (
            await browser.PostFormAsync("/console/put", ("name", "page.draft"), ("kind", "api-key"), ("data", data))
        ).Is(HttpStatusCode.OK);

        var refused = await browser.PostFormAsync("/console/credentials/page.draft/login/finish", ("draft", DraftOf(confirm)));

        refused.Is(HttpStatusCode.BadRequest);
        Assert.Contains("not one of this session", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_denied_login_is_told_with_a_way_to_begin_again()
    {
        using var browser = await SignInAsync();
        await Lab.PutAsync("page.denied", RefreshLab.LoginProviderName);
        var begun = (await browser.PostFormAsync("/console/credentials/page.denied/login", ("flow", "device"))).Is(HttpStatusCode.OK);
        await _person.DecideAsync(VerificationUriOf(begun), CodeOf(begun), allow: false);

        var ended = await browser.PostFormAsync("/console/credentials/page.denied/login/finish", ("draft", DraftOf(begun)));

        ended.Is(HttpStatusCode.BadGateway);
        Assert.Contains("access_denied", ended.Text, StringComparison.Ordinal);
        Assert.Contains("Begin again", ended.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("claude", "claude setup-token")]
    [InlineData("codex", "codex login")]
    public async Task A_provider_that_keeps_its_logins_is_named_with_the_commands(string agent, string command)
    {
        using var admin = Lab.Admin();
        using var browser = await SignInAsync();
        var data = agent == "claude"
            ? """{"accessToken":"a","refreshToken":"kept-claude","expiresAt":4102444800000}"""
            : """{"tokens":{"access_token":"a","refresh_token":"kept-codex"}}""";
        var body = $$"""{"type":"oauth-credentials","agent":"{{agent}}","data":{{data}}}""";
        (await admin.PutAsync($"credentials/page.{agent}", body)).Is(HttpStatusCode.Created);

        var page = (await browser.GetAsync($"/console/credentials/page.{agent}/login")).Is(HttpStatusCode.OK).Text;

        Assert.Contains("keeps logins to its own clients", page, StringComparison.Ordinal);
        Assert.Contains(command, page, StringComparison.Ordinal);
        Assert.DoesNotContain("Log in with a code", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_may_only_read_is_offered_no_login()
    {
        using var admin = Lab.Admin();
        await Lab.PutDueAsync("page.read", RefreshLab.LoginProviderName);
        using var browser = await PlainBrowser.SignInAsync(Lab.Servers[0], (await admin.CreateKeyAsync(read: ["*"])).Secret);

        Assert.DoesNotContain("Log in with", (await browser.GetAsync("/console/credentials/page.read")).Is(HttpStatusCode.OK).Text, StringComparison.Ordinal);
        (await browser.GetAsync("/console/credentials/page.read/login")).Is(HttpStatusCode.Forbidden);
        (await browser.PostFormAsync("/console/credentials/page.read/login", ("flow", "device"))).Is(HttpStatusCode.Forbidden);
    }

    public void Dispose() => _person.Dispose();

    private async Task<PlainBrowser> SignInAsync()
    {
        using var admin = Lab.Admin();
        return await PlainBrowser.SignInAsync(Lab.Servers[0], admin.Secret);
    }

    private static string DraftOf(Answer page) => PlainBrowser.FieldOf(page, "draft");

    private static string CodeOf(Answer page) => UserCode().Match(page.Text).Groups[1].Value;

    private static string VerificationUriOf(Answer page) => WebUtility.HtmlDecode(Link().Match(page.Text).Groups[1].Value).Split('?')[0];

    private static string AuthorizationUriOf(Answer page) => WebUtility.HtmlDecode(Link().Match(page.Text).Groups[1].Value);

    [GeneratedRegex("""<code id="user-code">([^<]+)</code>""")]
    private static partial Regex UserCode();

    [GeneratedRegex("""<a href="(http[^"]+)" target="_blank" """)]
    private static partial Regex Link();
}
