using System.Net;
using Axvault.Tests.Harness.Browsers;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.WebConsole;

/// <summary>The console as a whole in Chromium: its navigation, keyboard, a browser without scripts, and a database that goes away.</summary>
public sealed class ConsolePageTests(ConsoleBrowserFixture console) : IClassFixture<ConsoleBrowserFixture>
{
    private static readonly string[] Sections = ["Overview", "Credentials", "Keys", "Workloads", "Audit", "Usage", "Servers"];

    [Theory(Explicit = true)]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Category", "Long")]
    public async Task Every_page_opens_by_clicks_with_and_without_scripts(bool script)
    {
        var content = await ConsoleContent.PutAsync(console.Admin, $"clicked-{script}", title: $"A clicked {script} title");
        await using var tab = await console.SignInAsync(script: script);

        foreach (var section in Sections)
        {
            await tab.FollowAsync(section);
            Assert.Equal(section, await HeadingAsync(tab));
            Assert.Equal(section, await tab.Page.EvaluateExpressionAsync<string>("document.querySelector('nav [aria-current=page]').textContent"));
        }

        string[][] ways =
        [
            ["Credentials", content.Name],
            ["Credentials", "Deleted ones"],
            ["Credentials", "Store a credential"],
            ["Keys", $"A clicked {script} title"],
            ["Keys", "New key"],
            ["Workloads", content.Name],
            ["Workloads", content.Name, content.Name],
            ["Workloads", "New rule"],
            ["Workloads", "New issuer"],
            ["Audit", "Verify the log"],
        ];
        HashSet<string> seen = [];
        foreach (var way in ways)
        {
            foreach (var words in way)
            {
                await tab.FollowAsync(words);
            }

            Assert.True(seen.Add(tab.Address), tab.Address);
        }

        Assert.Contains("/console/credentials/deleted", seen);
        Assert.Contains(content.Path("/console/keys/{id}"), seen);
        Assert.Contains(content.Path("/console/workloads/issuers/{issuer}"), seen);
        tab.IsClean();
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task The_keyboard_alone_signs_in_searches_and_acts()
    {
        (await console.Admin.PutCredentialAsync("keyboard")).Is(HttpStatusCode.Created);
        await using var tab = await console.OpenAsync();
        var keys = tab.Page.Keyboard;
        await tab.GoAsync("/console/credentials");
        await tab.WaitForAsync("document.activeElement.name === 'key'");
        await keys.SendCharacterAsync(console.Admin.Secret);
        await tab.LeadsOnAsync(() => keys.PressAsync("Enter"));

        // The first stop of each page is the way past its navigation, and it can be seen there.
        await keys.PressAsync("Tab");
        Assert.Equal("Skip to the content", await FocusedAsync(tab));
        Assert.True(await tab.Page.EvaluateExpressionAsync<bool>("document.activeElement.getBoundingClientRect().left >= 0"));
        await keys.PressAsync("Enter");
        Assert.Equal("content", await tab.Page.EvaluateExpressionAsync<string>("document.activeElement.id"));
        await keys.PressAsync("Tab");
        Assert.Equal("Store a credential", await FocusedAsync(tab));
        await TabToAsync(tab, "q");
        await keys.SendCharacterAsync("keyboard");
        await tab.LeadsOnAsync(() => keys.PressAsync("Enter"));
        Assert.StartsWith("/console/credentials?q=keyboard", tab.Address, StringComparison.Ordinal);
        await TabToAsync(tab, "keyboard");
        await tab.LeadsOnAsync(() => keys.PressAsync("Enter"));
        await TabToAsync(tab, "Delete");
        await tab.LeadsOnAsync(() => keys.PressAsync("Space"));
        await tab.ShowsAsync("The credential is deleted.");
        (await console.Admin.GetAsync("credentials/keyboard")).IsNotFound();
        tab.IsClean();
    }

    [Fact(Explicit = true)]
    [Trait("Category", "Long")]
    public async Task A_database_that_goes_away_is_told_and_the_session_lasts_until_it_is_back()
    {
        await using var postgres = await PostgresServer.StartNewAsync(TestContext.Current.CancellationToken);
        await using var database = await postgres.CreateDatabaseAsync();
        await using var server = await VaultServer.StartAsync(new ServerSettings(database.ConnectionString));
        using var admin = server.Client(server.BootstrapSecret);
        (await admin.PutCredentialAsync("outlives")).Is(HttpStatusCode.Created);
        await using var tab = await console.SignInAsync(server.BootstrapSecret, address: server.Address);
        await tab.GoAsync("/console/credentials");
        await using var live = await console.SignInAsync(server.BootstrapSecret, address: server.Address);
        await live.GoAsync("/console/audit?live=on");

        await postgres.StopAsync(TestContext.Current.CancellationToken);
        await live.ShowsAsync("The server does not answer now.");
        await tab.FollowAsync("outlives");
        await tab.ShowsAsync("Not available now");
        await tab.FollowAsync("Keys");
        await tab.ShowsAsync("Not available now");
        await using (var stranger = await console.OpenAsync(address: server.Address))
        {
            await stranger.GoAsync("/console");
            await stranger.FillAsync("API key", "axv_sk_wrong");
            await stranger.FollowAsync("Sign in");
            await stranger.WaitForAsync("document.querySelector('[role=alert]') !== null");
        }

        await postgres.StartAsync(TestContext.Current.CancellationToken);
        await Until.HoldsAsync(
            async () =>
            {
                await tab.GoAsync("/console/credentials");
                return (await tab.TextAsync()).Contains("outlives", StringComparison.Ordinal);
            },
            "the page works again"
        );
        await tab.FollowAsync("outlives");
        Assert.Equal("outlives", await HeadingAsync(tab));
        await live.WaitForAsync("!document.body.innerText.includes('The server does not answer now.')");
        tab.IsClean(503);
        live.IsClean(503);
    }

    private static Task<string> HeadingAsync(WatchedPage tab) => tab.Page.EvaluateExpressionAsync<string>("document.querySelector('h1').textContent");

    private static Task<string> FocusedAsync(WatchedPage tab) =>
        tab.Page.EvaluateExpressionAsync<string>("document.activeElement.name || document.activeElement.textContent.trim()");

    private static async Task TabToAsync(WatchedPage tab, string name)
    {
        List<string> passed = [];
        while (await FocusedAsync(tab) is var focused && focused != name)
        {
            passed.Add(focused);
            Assert.True(passed.Count < 60, string.Join(", ", passed));
            await tab.Page.Keyboard.PressAsync("Tab");
        }
    }
}
