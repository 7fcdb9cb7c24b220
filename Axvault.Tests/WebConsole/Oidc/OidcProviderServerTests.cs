using System.Net;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Provider;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole.Oidc;

/// <summary>The sign-in with other kinds of clients, with a provider that goes away, with a rule that goes away, and without settings.</summary>
public sealed class OidcProviderServerTests(VaultGraph graph)
{
    private const string Page = "/console/credentials";

    [Theory]
    [InlineData("client_secret_post")]
    [InlineData("none")]
    public async Task A_client_authenticates_as_the_provider_wants_it(string authentication)
    {
        var (database, provider, server) = await StartAsync(authentication);
        await using var _ = database;
        await using var __ = provider;
        await using var ___ = server;
        using var admin = server.Client(server.BootstrapSecret);
        await OidcFleet.TrustAsync(admin, provider);

        using var browser = await SignInAsync(server, provider);

        (await browser.GetAsync(Page)).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_session_ends_with_the_rule_and_no_other_begins()
    {
        var (database, provider, server) = await StartAsync();
        await using var _ = database;
        await using var __ = provider;
        await using var ___ = server;
        using var admin = server.Client(server.BootstrapSecret);
        await OidcFleet.TrustAsync(admin, provider);
        using var browser = await SignInAsync(server, provider);

        (await admin.DeleteAsync($"rules/{OidcFleet.Rule}")).Is(HttpStatusCode.NoContent);

        PlainBrowser.LeadsToSignIn(await browser.GetAsync(Page), Page);
        using var later = new PlainBrowser(server);
        using var person = new OidcPerson(provider, "ada");
        var callback = await person.LogInAsync(await OidcFleet.StartAsync(later));
        (await later.GetAsync(callback.PathAndQuery)).Is(HttpStatusCode.Forbidden);
        Assert.StartsWith("unknown rule: rule console", await OidcFleet.RefusedAsync(admin), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_is_down_is_told_at_either_end_and_a_key_still_signs_in()
    {
        var (database, provider, server) = await StartAsync();
        await using var _ = database;
        await using var __ = provider;
        await using var ___ = server;
        using var browser = new PlainBrowser(server);
        using var person = new OidcPerson(provider, "ada");
        var callback = await person.LogInAsync(await OidcFleet.StartAsync(browser));

        await provider.DisposeAsync();

        await IsNotReachedAsync(await browser.GetAsync(callback.PathAndQuery));
        Assert.Empty(browser.Cookies);

        // Another server has not read the addresses of the provider yet.
        await using var other = await VaultServer.StartAsync(OidcFleet.SettingsOf(database.ConnectionString, provider, FreePort.Next()));
        using var later = new PlainBrowser(other);
        await IsNotReachedAsync(await later.PostAsync("/console/sign-in/oidc", []));
        Assert.Empty(later.Cookies);
        using var admin = await PlainBrowser.SignInAsync(other, server.BootstrapSecret);
        (await admin.GetAsync(Page)).Is(HttpStatusCode.OK);

        async Task IsNotReachedAsync(Answer answer)
        {
            answer.Is(HttpStatusCode.ServiceUnavailable);
            Assert.Contains("cannot be reached now. Try again later, or sign in with an API key.", answer.Text, StringComparison.Ordinal);
            using var client = server.Client(server.BootstrapSecret);
            Assert.StartsWith("console sign-in: 127.0.0.1 could not be reached", await OidcFleet.RefusedAsync(client), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Refused_answers_count_towards_the_failure_limit()
    {
        var (database, provider, server) = await StartAsync(changes: ("AXVAULT_AUTH_FAILURE_LIMIT", "3"));
        await using var _ = database;
        await using var __ = provider;
        await using var ___ = server;
        using var browser = new PlainBrowser(server);

        for (var i = 0; i < 3; i++)
        {
            (await browser.GetAsync("/console/sign-in/oidc/callback?state=x&code=x")).Is(HttpStatusCode.BadRequest);
        }

        var limited = (await browser.GetAsync("/console/sign-in/oidc/callback?state=x&code=x")).Is(HttpStatusCode.TooManyRequests);
        Assert.Matches("role=\"alert\">There were too many attempts. Start again in [1-9][0-9]* s\\.", limited.Text);
        Assert.True(limited.Headers.ContainsKey("Retry-After"));
    }

    [Fact]
    public async Task The_one_attempt_of_an_address_after_failures_is_decided_and_counted()
    {
        var (database, provider, server) = await StartAsync(changes: ("AXVAULT_AUTH_FAILURE_LIMIT", "1"));
        await using var _ = database;
        await using var __ = provider;
        await using var ___ = server;
        using var admin = server.Client(server.BootstrapSecret);
        await OidcFleet.TrustAsync(admin, provider);
        using var browser = new PlainBrowser(server);
        using var person = new OidcPerson(provider, "grace");
        var callback = await person.LogInAsync(await OidcFleet.StartAsync(browser));
        using var failing = new PlainBrowser(server);
        (await failing.GetAsync("/console/sign-in/oidc/callback?state=x&code=x")).Is(HttpStatusCode.BadRequest);

        Answer? decided = null;
        await Until.HoldsAsync(
            async () => (decided = await browser.GetAsync(callback.PathAndQuery)).Status != HttpStatusCode.TooManyRequests || browser.Cookies.Count == 0,
            "the attempt is let through"
        );

        Assert.Contains("gives you no session", decided!.Is(HttpStatusCode.Forbidden).Text, StringComparison.Ordinal);
        Assert.StartsWith("claim groups: rule console", await OidcFleet.RefusedAsync(admin), StringComparison.Ordinal);
        (await failing.GetAsync("/console/sign-in/oidc/callback?state=x&code=x")).Is(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task A_rule_with_all_its_keys_is_told_as_such()
    {
        var (database, provider, server) = await StartAsync();
        await using var _ = database;
        await using var __ = provider;
        await using var ___ = server;
        using var admin = server.Client(server.BootstrapSecret);
        await OidcFleet.TrustAsync(admin, provider, maxKeys: 1);
        using var first = await SignInAsync(server, provider);
        using var second = new PlainBrowser(server);
        using var person = new OidcPerson(provider, "ada");
        var callback = await person.LogInAsync(await OidcFleet.StartAsync(second));

        var full = (await second.GetAsync(callback.PathAndQuery)).Is(HttpStatusCode.TooManyRequests);

        Assert.Contains("The rule has as many keys as it may have.", full.Text, StringComparison.Ordinal);
        Assert.True(full.Headers.ContainsKey("Retry-After"));
        (await first.PostAsync("/console/sign-out", [])).Is(HttpStatusCode.SeeOther);
        using var third = await SignInAsync(server, provider);
    }

    [Fact]
    public async Task Without_the_settings_there_is_no_such_sign_in()
    {
        await using var database = await graph.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var browser = new PlainBrowser(server);

        Assert.DoesNotContain("oidc", (await browser.GetAsync("/console/sign-in")).Is(HttpStatusCode.OK).Text, StringComparison.Ordinal);
        (await browser.PostAsync("/console/sign-in/oidc", [])).Is(HttpStatusCode.NotFound);
        (await browser.GetAsync("/console/sign-in/oidc/callback?state=x&code=x")).Is(HttpStatusCode.NotFound);
    }

    private static async Task<PlainBrowser> SignInAsync(VaultServer server, OidcProvider provider)
    {
        var browser = new PlainBrowser(server);
        using var person = new OidcPerson(provider, "ada");
        var callback = await person.LogInAsync(await OidcFleet.StartAsync(browser));
        (await browser.GetAsync(callback.PathAndQuery)).Is(HttpStatusCode.OK);
        return browser;
    }

    private async Task<(TestDatabase Database, OidcProvider Provider, VaultServer Server)> StartAsync(
        string authentication = "client_secret_basic",
        params (string Name, string Value)[] changes
    )
    {
        var port = FreePort.Next();
        var database = await graph.CreateDatabaseAsync();
        var provider = await OidcProvider.StartAsync(OidcFleet.RedirectsOf(port), authentication);
        (string, string)[] all = authentication == "none" ? [.. changes, ("AXVAULT_CONSOLE_OIDC_CLIENT_SECRET", "")] : changes;
        return (database, provider, await VaultServer.StartAsync(OidcFleet.SettingsOf(database.ConnectionString, provider, port, all)));
    }
}
